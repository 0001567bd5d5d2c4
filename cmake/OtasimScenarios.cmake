# otasim_add_scenarios(NAME FIRMWARE firmware SOURCES family.c... [PARTITIONS file.csv])
#
# A set of scenarios: each source FAMILY.c defines the table SCENARIOS(FAMILY), as those of otasim
# itself do (scenario.h). They become one module that `otasim --scenarios FILE list|run|trace|sweep`
# takes, and each is a test of ctest under its own name, with its family as label.
#
# FIRMWARE     runs where a row names no other; rows name what otasim_add_firmware has made
# PARTITIONS   the partition table where a row names none; default: that of the row's firmware
function(otasim_add_scenarios name)
  cmake_parse_arguments(ARG "" "FIRMWARE;PARTITIONS" "SOURCES" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_SOURCES OR NOT TARGET "${ARG_FIRMWARE}")
    message(FATAL_ERROR "otasim_add_scenarios(${name}): needs SOURCES and a FIRMWARE that exists")
  endif()
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/scenarios-${name})
  otasim_write_scenario_set(${name} ${dir} ${ARG_FIRMWARE} "${ARG_PARTITIONS}" "${ARG_SOURCES}")

  add_library(${name} MODULE ${ARG_SOURCES} ${dir}/scenario_set.c)
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so" LIBRARY_OUTPUT_DIRECTORY ${dir}
                                           C_EXTENSIONS ON)
  set(sim ${OTASIM_ROOT}/sim)
  target_include_directories(
    ${name}
    PRIVATE ${sim}/harness ${sim}/device ${sim}/encrypted_img ${sim}/esp/include
            ${OTASIM_ROOT}/fixtures/firmware
            $<TARGET_PROPERTY:${OTASIM_OTA_LIBRARY_TARGET},INTERFACE_OTASIM_INCLUDE_DIRS>)
  target_link_libraries(${name} PRIVATE otasim::mbedtls otasim_instrumentation)
  add_dependencies(${name} otasim_certs otasim::otasim ${ARG_FIRMWARE})

  # ctest asks the built module what there is, so no list is kept anywhere. A set that is refused
  # leaves the list of before, whose tests then fail: an empty one would pass.
  add_custom_command(
    TARGET ${name}
    POST_BUILD
    COMMAND $<TARGET_FILE:otasim::otasim> --scenarios $<TARGET_FILE:${name}> list --ctest
            $<TARGET_FILE:otasim::otasim> > ${dir}/tests.cmake.new
    COMMAND ${CMAKE_COMMAND} -E rename ${dir}/tests.cmake.new ${dir}/tests.cmake
    VERBATIM)
  file(CONFIGURE OUTPUT ${dir}/include_tests.cmake CONTENT [[
if(EXISTS "@dir@/tests.cmake")
  include("@dir@/tests.cmake")
else()
  add_test(@name@_NOT_BUILT @name@_NOT_BUILT)
endif()
]] @ONLY)
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${dir}/include_tests.cmake)
endfunction()

# ${dir}/scenario_set.c: the tables of the sources, and where the rest is (scenario_set.h).
function(otasim_write_scenario_set name dir firmware partitions sources)
  set(externs "")
  set(rows "")
  foreach(file IN LISTS sources)
    cmake_path(GET file STEM family)
    if(NOT family MATCHES "^[A-Za-z_][A-Za-z0-9_]*$")
      message(FATAL_ERROR "otasim_add_scenarios(${name}): ${file}: the file has the name of its family, "
                          "the X of SCENARIOS(X): letters, digits and _")
    endif()
    string(APPEND externs "extern const struct scenario scenarios_${family}[];\n")
    string(APPEND rows "    scenarios_${family},\n")
  endforeach()
  set(partitions_text 0)
  if(partitions)
    cmake_path(ABSOLUTE_PATH partitions)
    if(NOT EXISTS ${partitions})
      message(FATAL_ERROR "otasim_add_scenarios: PARTITIONS ${partitions} does not exist")
    endif()
    otasim_c_string(partitions_text "${partitions}")
  endif()
  otasim_c_string(firmware_text "${firmware}")
  otasim_c_string(firmware_dir_text "${OTASIM_FIRMWARE_DIR}")
  otasim_c_string(certs_dir_text "${OTASIM_CERTS_DIR}")
  file(CONFIGURE OUTPUT ${dir}/scenario_set.c CONTENT [[
#include "scenario_set.h"

@externs@
static const struct scenario *const tables[] = {
@rows@    0,
};

const struct scenario_set otasim_scenario_set = {
    .layout = SCENARIO_SET_LAYOUT,
    .tables = tables,
    .firmware = @firmware_text@,
    .partitions = @partitions_text@,
    .firmware_dir = @firmware_dir_text@,
    .certs_dir = @certs_dir_text@,
};
]] @ONLY)
endfunction()
