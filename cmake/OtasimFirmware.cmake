# Firmware modules: application code, the OTA library and the sdkconfig-dependent part of the
# platform, compiled together for one sdkconfig into one loadable module.

set(OTASIM_SDKCONFIG_DIR ${PROJECT_SOURCE_DIR}/sim/esp/sdkconfig)
set(OTASIM_FIRMWARE_DIR ${PROJECT_BINARY_DIR}/firmware)

# otasim_add_ota_library(NAME SOURCES file... INCLUDE_DIRS dir... [WARNINGS])
#
# An implementation of esp_ota_ops.h and esp_https_ota.h. The one of this project is "otalib"; a
# fork's or a vendor's tree takes its place by naming it in otasim_add_firmware or in
# OTASIM_OTA_LIBRARY. WARNINGS compiles it with the project's own warning options.
function(otasim_add_ota_library name)
  cmake_parse_arguments(ARG "WARNINGS" "" "SOURCES;INCLUDE_DIRS" ${ARGN})
  add_library(otasim_ota_${name} INTERFACE)
  list(TRANSFORM ARG_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ REGEX "^[^/]")
  list(TRANSFORM ARG_INCLUDE_DIRS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ REGEX "^[^/]")
  target_sources(otasim_ota_${name} INTERFACE ${ARG_SOURCES})
  target_include_directories(otasim_ota_${name} INTERFACE ${ARG_INCLUDE_DIRS})
  set_property(TARGET otasim_ota_${name} PROPERTY INTERFACE_OTASIM_INCLUDE_DIRS ${ARG_INCLUDE_DIRS})
  if(ARG_WARNINGS)
    target_link_libraries(otasim_ota_${name} INTERFACE otasim_options)
  endif()
endfunction()

set(OTASIM_OTA_LIBRARY "otalib" CACHE STRING "OTA library that firmware modules are built with")

# otasim_add_firmware(NAME SOURCES file... [SDKCONFIG file.defaults...] [TARGET esp32s3]
#                     [OTA_LIBRARY name] [INCLUDE_DIRS dir...] [LIBRARIES target...] [WARNINGS]
#                     [EMBED_FILES file...] [EMBED_TXTFILES file...])
#
# SDKCONFIG files are applied in order over the defaults of the target; they have the syntax of
# ESP-IDF's sdkconfig.defaults. CONFIG_OTASIM_IDF_VERSION="5.3.5" in them chooses the ESP-IDF release
# that the module is compiled for. The module is loaded by the name NAME.
function(otasim_add_firmware name)
  cmake_parse_arguments(ARG "WARNINGS" "TARGET;OTA_LIBRARY" "SOURCES;SDKCONFIG;INCLUDE_DIRS;LIBRARIES;EMBED_FILES;EMBED_TXTFILES" ${ARGN})
  if(NOT ARG_TARGET)
    set(ARG_TARGET esp32s3)
  endif()
  if(NOT ARG_OTA_LIBRARY)
    set(ARG_OTA_LIBRARY ${OTASIM_OTA_LIBRARY})
  endif()
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/firmware-${name})
  set(defaults ${OTASIM_SDKCONFIG_DIR}/kconfig.defaults
               ${OTASIM_SDKCONFIG_DIR}/target.${ARG_TARGET}.defaults)
  foreach(file IN LISTS ARG_SDKCONFIG)
    cmake_path(ABSOLUTE_PATH file)
    list(APPEND defaults ${file})
  endforeach()
  add_custom_command(
    OUTPUT ${dir}/sdkconfig.h ${dir}/sdkconfig_table.c
    COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/cmake/sdkconfig.py --header ${dir}/sdkconfig.h
            --table ${dir}/sdkconfig_table.c ${defaults}
    DEPENDS ${PROJECT_SOURCE_DIR}/cmake/sdkconfig.py ${defaults}
    COMMENT "sdkconfig of ${name}"
    VERBATIM)
  add_custom_target(${name}_sdkconfig DEPENDS ${dir}/sdkconfig.h ${dir}/sdkconfig_table.c)

  set(esp_include ${PROJECT_SOURCE_DIR}/sim/esp/include)
  get_target_property(ota_include otasim_ota_${ARG_OTA_LIBRARY} INTERFACE_OTASIM_INCLUDE_DIRS)

  # The application sees the traced names of the OTA API; the libraries below it do not.
  add_library(${name}_app OBJECT ${ARG_SOURCES})
  target_include_directories(
    ${name}_app PRIVATE ${ARG_INCLUDE_DIRS} ${dir} ${PROJECT_SOURCE_DIR}/sim/esp/traced ${ota_include}
                        ${esp_include} ${PROJECT_SOURCE_DIR}/sim/boot ${PROJECT_SOURCE_DIR}/sim/device
                        ${PROJECT_SOURCE_DIR}/sim/net)
  target_link_libraries(${name}_app PRIVATE otasim_instrumentation otasim::mbedtls ${ARG_LIBRARIES})
  if(ARG_WARNINGS)
    target_link_libraries(${name}_app PRIVATE otasim_options)
  endif()

  add_library(${name}_ota OBJECT)
  target_include_directories(${name}_ota PRIVATE ${dir} ${esp_include})
  target_link_libraries(${name}_ota PRIVATE otasim_ota_${ARG_OTA_LIBRARY} otasim_instrumentation
                                            otasim::mbedtls)

  file(GLOB http_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/sim/http/*.c)
  list(FILTER http_sources EXCLUDE REGEX "/test_[^/]*$")
  add_library(${name}_http OBJECT ${http_sources})
  target_include_directories(${name}_http PRIVATE ${dir} ${esp_include})
  target_link_libraries(
    ${name}_http PRIVATE otasim_options otasim::mbedtls otasim::http_parser CURL::libcurl
                         otasim::jansson)
  target_include_directories(
    ${name}_http PRIVATE ${PROJECT_SOURCE_DIR}/sim/net ${PROJECT_SOURCE_DIR}/sim/trace
                         ${PROJECT_SOURCE_DIR}/sim/boot ${PROJECT_SOURCE_DIR}/sim/device)

  # What the module says of itself, in the shape of its release.
  add_library(${name}_record OBJECT ${PROJECT_SOURCE_DIR}/sim/module/firmware_module.c)
  target_include_directories(${name}_record PRIVATE ${dir} ${ota_include} ${esp_include}
                                                    ${PROJECT_SOURCE_DIR}/sim/boot)
  target_link_libraries(${name}_record PRIVATE otasim_options)

  foreach(part app ota http record)
    add_dependencies(${name}_${part} ${name}_sdkconfig)
  endforeach()

  add_library(${name} MODULE ${dir}/sdkconfig_table.c ${PROJECT_SOURCE_DIR}/sim/module/rtc_sections.c
                             ${PROJECT_SOURCE_DIR}/sim/module/heap_symbols.c
                             ${PROJECT_SOURCE_DIR}/sim/module/time_symbols.c)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/sim/rtos)
  set_target_properties(
    ${name} PROPERTIES PREFIX "" SUFFIX ".so" LIBRARY_OUTPUT_DIRECTORY ${OTASIM_FIRMWARE_DIR})
  target_link_libraries(
    ${name} PRIVATE $<TARGET_OBJECTS:${name}_app> $<TARGET_OBJECTS:${name}_ota>
                    $<TARGET_OBJECTS:${name}_http> $<TARGET_OBJECTS:${name}_record> otasim_core
                    otasim::mbedtls otasim::http_parser CURL::libcurl otasim_instrumentation
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
    if(NOT OTASIM_SANITIZE)
      target_link_options(${name} PRIVATE -Wl,-z,defs)
    endif()
  endif()
  set_property(GLOBAL APPEND PROPERTY OTASIM_FIRMWARE_TARGETS ${name})
endfunction()
