if(BUILD_TESTING)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
  add_library(otasim::cmocka ALIAS PkgConfig::CMOCKA)
endif()

# otasim_unit_test(NAME SOURCES... [LIBRARIES ...]): a CMocka program beside the code it tests.
function(otasim_unit_test name)
  if(NOT BUILD_TESTING)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/unit)
  target_link_libraries(${name} PRIVATE otasim_core otasim::cmocka otasim_options ${ARG_LIBRARIES})
  target_compile_definitions(${name} PRIVATE OTASIM_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                             OTASIM_REAL_IMAGES="${OTASIM_REAL_IMAGES}")
  add_test(NAME unit/${name} COMMAND ${name})
  set_tests_properties(unit/${name} PROPERTIES LABELS unit SKIP_RETURN_CODE 77)
endfunction()
