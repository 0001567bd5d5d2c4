# Firmware modules: application code, the OTA library and the sdkconfig-dependent part of the
# platform, compiled together for one sdkconfig into one loadable module. Works the same in this
# project, in one that fetches it, and from an installed package: all paths start at OTASIM_ROOT.

get_filename_component(_otasim_root ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
set(OTASIM_ROOT ${_otasim_root} CACHE INTERNAL "Folder that holds sim/, otalib/, fixtures/ and cmake/")
set(OTASIM_PYTHON ${Python3_EXECUTABLE} CACHE INTERNAL "Python that otasim's scripts run with")
set(OTASIM_SDKCONFIG_DIR ${OTASIM_ROOT}/sim/esp/sdkconfig)
if(PROJECT_NAME STREQUAL "otasim" AND PROJECT_IS_TOP_LEVEL)
  set(_otasim_output ${PROJECT_BINARY_DIR})
else()
  set(_otasim_output ${CMAKE_BINARY_DIR}/otasim)
endif()
set(OTASIM_FIRMWARE_DIR ${_otasim_output}/firmware CACHE INTERNAL "Where firmware modules are built")
set(OTASIM_CERTS_DIR ${_otasim_output}/certs CACHE INTERNAL "Where the test certificates are made")

set(OTASIM_OTA_LIBRARY "otalib" CACHE STRING "OTA library that firmware modules are built with")
set(OTASIM_OTA_LIBRARY_SOURCES "" CACHE STRING "Sources of another OTA library to judge instead")
set(OTASIM_OTA_LIBRARY_INCLUDE_DIRS "" CACHE STRING "Its include folders, for its headers")
set(OTASIM_OTA_LIBRARY_NAME "" CACHE STRING "What reports call it; empty: its folder, or what that lies in if it is src")
if(OTASIM_OTA_LIBRARY_SOURCES)
  set(_otasim_ota_target otasim_ota_given)
else()
  set(_otasim_ota_target otasim_ota_${OTASIM_OTA_LIBRARY})
endif()
set(OTASIM_OTA_LIBRARY_TARGET ${_otasim_ota_target} CACHE INTERNAL "Target of the OTA library")

# otasim_add_ota_library(NAME SOURCES file... INCLUDE_DIRS dir... [WARNINGS])
#
# An implementation of esp_ota_ops.h and esp_https_ota.h. The one of this project is "otalib"; a
# fork's or a vendor's tree takes its place for one firmware (OTA_LIBRARY of otasim_add_firmware) or
# for all (the cache variable OTASIM_OTA_LIBRARY). Without any line of CMake the same is done by
# -DOTASIM_OTA_LIBRARY_SOURCES=... and -DOTASIM_OTA_LIBRARY_INCLUDE_DIRS=... (lists; relative to the
# top folder). Foreign code is compiled without warnings; WARNINGS gives it the project's own
# options. What it needs of the platform and otasim does not have, the link names.
function(otasim_add_ota_library name)
  cmake_parse_arguments(ARG "WARNINGS" "" "SOURCES;INCLUDE_DIRS" ${ARGN})
  set(target otasim_ota_${name})
  add_library(${target} INTERFACE)
  list(TRANSFORM ARG_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ REGEX "^[^/]")
  list(TRANSFORM ARG_INCLUDE_DIRS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ REGEX "^[^/]")
  target_sources(${target} INTERFACE ${ARG_SOURCES})
  target_include_directories(${target} INTERFACE ${ARG_INCLUDE_DIRS})
  set_property(TARGET ${target} PROPERTY INTERFACE_OTASIM_INCLUDE_DIRS ${ARG_INCLUDE_DIRS})
  set_property(TARGET ${target} PROPERTY INTERFACE_OTASIM_NAME ${name})
  if(ARG_WARNINGS)
    target_link_libraries(${target} INTERFACE otasim_options)
  else()
    target_compile_options(${target} INTERFACE -w)
  endif()
endfunction()

# otasim_add_ota_libraries(): "otalib", and the one of OTASIM_OTA_LIBRARY_SOURCES if that is set.
function(otasim_add_ota_libraries)
  file(GLOB sources CONFIGURE_DEPENDS ${OTASIM_ROOT}/otalib/src/*.c)
  otasim_add_ota_library(otalib SOURCES ${sources} INCLUDE_DIRS ${OTASIM_ROOT}/otalib/include WARNINGS)
  if(NOT OTASIM_OTA_LIBRARY_SOURCES)
    return()
  endif()
  set(sources ${OTASIM_OTA_LIBRARY_SOURCES})
  set(include_dirs ${OTASIM_OTA_LIBRARY_INCLUDE_DIRS})
  list(TRANSFORM sources PREPEND ${CMAKE_SOURCE_DIR}/ REGEX "^[^/]")
  list(TRANSFORM include_dirs PREPEND ${CMAKE_SOURCE_DIR}/ REGEX "^[^/]")
  foreach(path IN LISTS sources include_dirs)
    if(NOT EXISTS ${path})
      message(FATAL_ERROR "OTASIM_OTA_LIBRARY_*: ${path} does not exist")
    endif()
  endforeach()
  if(NOT include_dirs)
    set(include_dirs ${OTASIM_ROOT}/otalib/include) # sources alone: behind the usual headers
  endif()
  otasim_add_ota_library(given SOURCES ${sources} INCLUDE_DIRS ${include_dirs})
  set(name ${OTASIM_OTA_LIBRARY_NAME})
  if(NOT name)
    list(GET sources 0 first)
    cmake_path(GET first PARENT_PATH folder)
    cmake_path(GET folder FILENAME name)
    if(name STREQUAL "src")
      cmake_path(GET folder PARENT_PATH folder)
      cmake_path(GET folder FILENAME name)
    endif()
  endif()
  set_property(TARGET otasim_ota_given PROPERTY INTERFACE_OTASIM_NAME ${name})
endfunction()

# Escapes a text for a string literal of C.
function(otasim_c_string out text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  set(${out} "\"${text}\"" PARENT_SCOPE)
endfunction()

# PROJECT_VER as ESP-IDF finds it: the argument, else the first line of version.txt.
function(otasim_project_version out given)
  if(NOT given)
    foreach(dir IN ITEMS ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_SOURCE_DIR})
      if(NOT given AND EXISTS ${dir}/version.txt)
        file(STRINGS ${dir}/version.txt given LIMIT_COUNT 1)
        string(STRIP "${given}" given)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${dir}/version.txt)
      endif()
    endforeach()
  endif()
  string(SUBSTRING "${given}" 0 31 given) # what the descriptor's field holds
  set(${out} "${given}" PARENT_SCOPE)
endfunction()

# The module's otasim_firmware_info (firmware_module.h), in ${dir}/firmware_info.c.
function(otasim_write_firmware_info dir library version partitions)
  get_target_property(library_name ${library} INTERFACE_OTASIM_NAME)
  otasim_c_string(library_text "${library_name}")
  otasim_project_version(version "${version}")
  otasim_c_string(version_text "${version}")
  set(partitions_text 0)
  if(partitions)
    cmake_path(ABSOLUTE_PATH partitions)
    if(NOT EXISTS ${partitions})
      message(FATAL_ERROR "otasim_add_firmware: PARTITIONS ${partitions} does not exist")
    endif()
    otasim_c_string(partitions_text "${partitions}")
  endif()
  file(CONFIGURE OUTPUT ${dir}/firmware_info.c CONTENT [[
#include "firmware_module.h"

const struct firmware_info otasim_firmware_info = {
    .ota_library = @library_text@,
    .version = @version_text@,
    .partitions = @partitions_text@,
};
]] @ONLY)
endfunction()

# What otalib and the HTTP client make of an sdkconfig: equal where they cannot tell it from another.
function(otasim_sdkconfig_keys ota_out http_out defaults)
  set(esp_include ${OTASIM_ROOT}/sim/esp/include)
  set(otalib ${OTASIM_ROOT}/otalib/src,${OTASIM_ROOT}/otalib/include,${esp_include})
  execute_process(
    COMMAND ${OTASIM_PYTHON} ${OTASIM_ROOT}/cmake/sdkconfig.py --key ${otalib}
            --key ${OTASIM_ROOT}/sim/http,${esp_include} ${defaults}
    OUTPUT_VARIABLE keys
    ERROR_QUIET
    RESULT_VARIABLE failed)
  set(${ota_out} unknown PARENT_SCOPE)
  set(${http_out} unknown PARENT_SCOPE)
  if(NOT failed)
    string(REGEX MATCH "([0-9a-f]+)\n([0-9a-f]+)" keys "${keys}")
    set(${ota_out} ${CMAKE_MATCH_1} PARENT_SCOPE)
    set(${http_out} ${CMAKE_MATCH_2} PARENT_SCOPE)
  endif()
  # They are looked at now, and change with these.
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${OTASIM_ROOT}/otalib/src/*.[ch] ${OTASIM_ROOT}/sim/http/*.[ch]
       ${OTASIM_ROOT}/otalib/include/*.h ${esp_include}/*.h)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${defaults} ${sources}
                                         ${OTASIM_ROOT}/cmake/sdkconfig.py)
endfunction()

# An object library that is compiled for a module.
function(otasim_firmware_part target sdkconfig)
  add_dependencies(${target} ${sdkconfig})
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON C_EXTENSIONS ON)
endfunction()

# otasim_add_firmware(NAME SOURCES file... [SDKCONFIG file.defaults...] [TARGET esp32s3]
#                     [PARTITIONS file.csv] [PROJECT_VER text] [EMBED_TXTFILES file...]
#                     [EMBED_FILES file...] [INCLUDE_DIRS dir...] [LIBRARIES target...]
#                     [OTA_LIBRARY name] [WARNINGS])
#
# NAME             the module, and what scenarios call it
# SOURCES          the application, as it is on the device: app_main and what it needs
# SDKCONFIG        files in the syntax of ESP-IDF's sdkconfig.defaults, in order over the defaults
#                  of TARGET
# PARTITIONS       the partition table of scenarios that name none
# PROJECT_VER      version of the app that runs first, where a scenario names none; default: the
#                  first line of version.txt here or in the project's folder
# EMBED_TXTFILES   files that the application finds between _binary_<name>_start and _end, with a
# EMBED_FILES      zero byte after the text or as they are; <name> is the file's, with every
#                  character but letters and digits an underscore. NAME=PATH embeds PATH under
#                  another name: ca_cert.pem=${OTASIM_CERTS_DIR}/root_ca.crt is the root of the
#                  certificates that the build makes.
#
# CONFIG_OTASIM_IDF_VERSION="5.3.5" in SDKCONFIG chooses the ESP-IDF release that the module is
# compiled for.
function(otasim_add_firmware name)
  cmake_parse_arguments(
    ARG "WARNINGS" "TARGET;OTA_LIBRARY;PARTITIONS;PROJECT_VER"
    "SOURCES;SDKCONFIG;INCLUDE_DIRS;LIBRARIES;EMBED_TXTFILES;EMBED_FILES" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_SOURCES)
    message(FATAL_ERROR "otasim_add_firmware(${name}): needs SOURCES, unknown: ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_TARGET)
    set(ARG_TARGET esp32s3)
  endif()
  set(ota_library ${OTASIM_OTA_LIBRARY_TARGET})
  if(ARG_OTA_LIBRARY)
    set(ota_library otasim_ota_${ARG_OTA_LIBRARY})
  endif()
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/firmware-${name})
  set(sdkconfig_dir ${OTASIM_ROOT}/sim/esp/sdkconfig)
  set(defaults ${sdkconfig_dir}/kconfig.defaults ${sdkconfig_dir}/target.${ARG_TARGET}.defaults)
  foreach(file IN LISTS ARG_SDKCONFIG)
    cmake_path(ABSOLUTE_PATH file NORMALIZE)
    list(APPEND defaults ${file})
  endforeach()
  add_custom_command(
    OUTPUT ${dir}/sdkconfig.h ${dir}/sdkconfig_table.c
    COMMAND ${OTASIM_PYTHON} ${OTASIM_ROOT}/cmake/sdkconfig.py --header ${dir}/sdkconfig.h
            --table ${dir}/sdkconfig_table.c ${defaults}
    DEPENDS ${OTASIM_ROOT}/cmake/sdkconfig.py ${defaults}
    COMMENT "sdkconfig of ${name}"
    VERBATIM)
  add_custom_target(${name}_sdkconfig DEPENDS ${dir}/sdkconfig.h ${dir}/sdkconfig_table.c)
  otasim_write_firmware_info(${dir} ${ota_library} "${ARG_PROJECT_VER}" "${ARG_PARTITIONS}")

  set(esp_include ${OTASIM_ROOT}/sim/esp/include)
  get_target_property(ota_include ${ota_library} INTERFACE_OTASIM_INCLUDE_DIRS)

  # The application sees the traced names of the OTA API; the libraries below it do not.
  add_library(${name}_app OBJECT ${ARG_SOURCES})
  target_include_directories(
    ${name}_app PRIVATE ${ARG_INCLUDE_DIRS} ${dir} ${OTASIM_ROOT}/sim/esp/traced ${ota_include}
                        ${esp_include} ${OTASIM_ROOT}/sim/boot ${OTASIM_ROOT}/sim/device
                        ${OTASIM_ROOT}/sim/net)
  target_link_libraries(${name}_app PRIVATE otasim_instrumentation otasim::mbedtls ${ARG_LIBRARIES})
  if(ARG_WARNINGS)
    target_link_libraries(${name}_app PRIVATE otasim_options)
  endif()

  # Modules whose sdkconfigs a library cannot tell apart share its objects.
  otasim_sdkconfig_keys(ota_key http_key "${defaults}")
  set(ota_objects ${name}_ota)
  if(ota_library STREQUAL "otasim_ota_otalib")
    set(ota_objects otalib_${ota_key})
  endif()
  if(NOT TARGET ${ota_objects})
    add_library(${ota_objects} OBJECT)
    target_include_directories(${ota_objects} PRIVATE ${dir} ${esp_include})
    target_link_libraries(${ota_objects} PRIVATE ${ota_library} otasim_instrumentation
                                                 otasim::mbedtls)
    otasim_firmware_part(${ota_objects} ${name}_sdkconfig)
  endif()

  set(http_objects otasim_http_${http_key})
  if(NOT TARGET ${http_objects})
    file(GLOB http_sources CONFIGURE_DEPENDS ${OTASIM_ROOT}/sim/http/*.c)
    list(FILTER http_sources EXCLUDE REGEX "/test_[^/]*$")
    add_library(${http_objects} OBJECT ${http_sources})
    target_include_directories(${http_objects} PRIVATE ${dir} ${esp_include})
    target_link_libraries(
      ${http_objects} PRIVATE otasim_options otasim::mbedtls otasim::http_parser otasim::curl
                              otasim::jansson)
    target_include_directories(
      ${http_objects} PRIVATE ${OTASIM_ROOT}/sim/net ${OTASIM_ROOT}/sim/trace
                              ${OTASIM_ROOT}/sim/boot ${OTASIM_ROOT}/sim/device)
    otasim_firmware_part(${http_objects} ${name}_sdkconfig)
  endif()

  # What the module says of itself, in the shape of its release.
  add_library(${name}_record OBJECT ${OTASIM_ROOT}/sim/module/firmware_module.c)
  target_include_directories(${name}_record PRIVATE ${dir} ${ota_include} ${esp_include}
                                                    ${OTASIM_ROOT}/sim/boot)
  target_link_libraries(${name}_record PRIVATE otasim_options)

  otasim_firmware_part(${name}_app ${name}_sdkconfig)
  otasim_firmware_part(${name}_record ${name}_sdkconfig)

  add_library(${name} MODULE ${dir}/sdkconfig_table.c ${dir}/firmware_info.c
                             ${OTASIM_ROOT}/sim/module/rtc_sections.c
                             ${OTASIM_ROOT}/sim/module/heap_symbols.c
                             ${OTASIM_ROOT}/sim/module/time_symbols.c)
  target_include_directories(${name} PRIVATE ${esp_include} ${OTASIM_ROOT}/sim/boot
                                             ${OTASIM_ROOT}/sim/rtos)
  set_target_properties(
    ${name} PROPERTIES PREFIX "" SUFFIX ".so" LIBRARY_OUTPUT_DIRECTORY ${OTASIM_FIRMWARE_DIR})
  target_link_libraries(
    ${name} PRIVATE $<TARGET_OBJECTS:${name}_app> $<TARGET_OBJECTS:${ota_objects}>
                    $<TARGET_OBJECTS:${http_objects}> $<TARGET_OBJECTS:${name}_record> otasim::core
                    otasim::mbedtls otasim::http_parser otasim::curl otasim_instrumentation
                    ${ARG_LIBRARIES})
  foreach(file IN LISTS ARG_EMBED_FILES)
    otasim_embed(${name} ${file})
  endforeach()
  foreach(file IN LISTS ARG_EMBED_TXTFILES)
    otasim_embed(${name} ${file} TEXT)
  endforeach()
  if(NOT APPLE)
    # A function of the application that is named like one of the core stays its own.
    target_link_options(${name} PRIVATE -Wl,-Bsymbolic)
    # Clang's sanitizers are in the program alone.
    if(NOT OTASIM_SANITIZE OR CMAKE_C_COMPILER_ID STREQUAL "GNU")
      target_link_options(${name} PRIVATE -Wl,-z,defs)
    endif()
  endif()
  set_property(GLOBAL APPEND PROPERTY OTASIM_FIRMWARE_TARGETS ${name})
endfunction()
