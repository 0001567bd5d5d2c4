# Every scenario is a ctest test of its own, labelled by its family. The list is what the built
# program says it has, so a scenario needs no line here.
set(list ${CMAKE_CURRENT_BINARY_DIR}/scenario_tests.cmake)
add_custom_command(
  TARGET otasim
  POST_BUILD
  COMMAND otasim list --ctest $<TARGET_FILE:otasim> > ${list}.new
  COMMAND ${CMAKE_COMMAND} -E rename ${list}.new ${list}
  VERBATIM)
set(include ${CMAKE_CURRENT_BINARY_DIR}/scenario_tests_include.cmake)
file(CONFIGURE OUTPUT ${include} CONTENT [[
if(EXISTS "@list@")
  include("@list@")
else()
  add_test(scenarios_NOT_BUILT scenarios_NOT_BUILT)
endif()
]] @ONLY)
set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY TEST_INCLUDE_FILES ${include})

add_test(NAME cli COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/test_cli.py
                          $<TARGET_FILE:otasim> $<TARGET_FILE:otasim_strict>)
set_tests_properties(cli PROPERTIES LABELS cli TIMEOUT 600)
# Several times the whole book: what sanitizers see in it, the scenarios themselves show them.
if(NOT OTASIM_SANITIZE)
  add_test(NAME report COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/test_report.py
                               $<TARGET_FILE:otasim>)
  set_tests_properties(report PROPERTIES LABELS cli TIMEOUT 600)
endif()

if(NOT OTASIM_SANITIZE)
  add_test(NAME cli/releases COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/test_releases.py
                                     $<TARGET_FILE:otasim> ${PROJECT_SOURCE_DIR}/README.md)
  set_tests_properties(cli/releases PROPERTIES LABELS cli TIMEOUT 600)
endif()

add_test(NAME cli/image_sign COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/test_image_sign.py
                                     $<TARGET_FILE:otasim> ${CMAKE_BINARY_DIR}/certs)
set_tests_properties(cli/image_sign PROPERTIES LABELS cli TIMEOUT 600 ENVIRONMENT
                                               OPENSSL=${OPENSSL_PROGRAM})

add_test(NAME cli/image_encrypt
         COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/test_image_encrypt.py
                 $<TARGET_FILE:otasim> ${CMAKE_BINARY_DIR}/certs)
set_tests_properties(cli/image_encrypt PROPERTIES LABELS cli TIMEOUT 600 ENVIRONMENT
                                                  "OPENSSL=${OPENSSL_PROGRAM};OTASIM_REAL_IMAGES=${OTASIM_REAL_IMAGES}")

add_test(NAME cli/gate COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/test_gate.py
                               $<TARGET_FILE:otasim> ${CMAKE_BINARY_DIR}/certs)
set_tests_properties(cli/gate PROPERTIES LABELS cli TIMEOUT 600 ENVIRONMENT
                                         "OTASIM_REAL_IMAGES=${OTASIM_REAL_IMAGES}")

add_test(NAME cli/serve COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/test_serve.py
                                $<TARGET_FILE:otasim> ${CMAKE_BINARY_DIR}/certs)
set_tests_properties(cli/serve PROPERTIES LABELS cli TIMEOUT 600)

add_test(NAME cli/compare COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/test_compare.py
                                  $<TARGET_FILE:otasim> ${PROJECT_SOURCE_DIR}/fixtures/serial)
set_tests_properties(cli/compare PROPERTIES LABELS cli TIMEOUT 600)

# The strict build: the whole book against what the documentation promises.
if(NOT OTASIM_SANITIZE)
  add_test(NAME strict/book COMMAND otasim_strict run --quiet --min 490)
  set_tests_properties(strict/book PROPERTIES LABELS strict TIMEOUT 600 PROCESSORS 2)
endif()

# Recorded runs. The number is that of the records that must be replayed.
set(vectors ${PROJECT_SOURCE_DIR}/fixtures/vectors)
foreach(row IN ITEMS A=266 B=80 C=56 D=45 E=186 F=343)
  string(REPLACE "=" ";" row ${row})
  list(GET row 0 family)
  list(GET row 1 count)
  add_test(NAME replay/${family} COMMAND otasim replay --quiet --min ${count}
                                         ${vectors}/${family}.jsonl)
  set_tests_properties(replay/${family} PROPERTIES LABELS replay TIMEOUT 600)
endforeach()
foreach(row IN ITEMS 5.5.5=122 5.3.5=116 5.1.7=88 4.4.8=154)
  string(REPLACE "=" ";" row ${row})
  list(GET row 0 release)
  list(GET row 1 count)
  file(GLOB files CONFIGURE_DEPENDS ${vectors}/releases/${release}/*.jsonl)
  add_test(NAME replay/${release} COMMAND otasim replay --quiet --min ${count} ${files})
  set_tests_properties(replay/${release} PROPERTIES LABELS replay TIMEOUT 600)
endforeach()
if(NOT OTASIM_SANITIZE)
  add_test(NAME replay/sensitivity COMMAND ${Python3_EXECUTABLE} ${vectors}/test_sensitivity.py
                                           $<TARGET_FILE:otasim>)
  set_tests_properties(replay/sensitivity PROPERTIES LABELS replay TIMEOUT 600)
endif()

# Sweeps: their own tests, and the gate itself over the flows.
add_test(NAME sweep/unit COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/test_sweep.py
                                 $<TARGET_FILE:otasim>)
# What a finding's row is compiled with.
set(sim ${PROJECT_SOURCE_DIR}/sim)
set(includes "${sim}/harness:${sim}/device:${sim}/esp/include:${PROJECT_SOURCE_DIR}/fixtures/firmware")
add_test(NAME cli/readme COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/test_readme.py
                                 $<TARGET_FILE:otasim> ${PROJECT_SOURCE_DIR})
set_tests_properties(cli/readme PROPERTIES LABELS cli TIMEOUT 600)
add_test(NAME guide COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/scenarios/test_readme.py
                            $<TARGET_FILE:otasim> ${PROJECT_SOURCE_DIR})
set_tests_properties(guide PROPERTIES LABELS cli TIMEOUT 600)
set_property(
  TEST sweep/unit guide
  PROPERTY ENVIRONMENT "OTASIM_TEST_CC=${CMAKE_C_COMPILER}" "OTASIM_TEST_INCLUDES=${includes}"
           "OTASIM_TEST_FIRMWARE=${OTASIM_FIRMWARE_DIR}" "OTASIM_TEST_CERTS=${OTASIM_CERTS_DIR}")
set(part "")
set(walks 10000)
if(OTASIM_SANITIZE OR OTASIM_COVERAGE)
  set(walks 400)
  set(part --shard 1/8) # each run takes several times as long
endif()
# Strictly: these flows write no entry of otadata in place. Of those that do, sweep/unit says where the
# known window is, and that there is nothing else.
set(strict flow/first-update* flow/a-to-b flow/b-to-a flow/no-factory flow/one-megabyte flow/three-slots)
add_test(NAME sweep/power COMMAND otasim sweep power --strict ${part} ${strict})
add_test(NAME sweep/memory COMMAND otasim sweep memory ${part} flow/*)
# Into a slot that is not blank: an erase that fails is noticed only there.
add_test(NAME sweep/flash COMMAND otasim sweep flash ${part} flow/b-to-a)
add_test(NAME sweep/network COMMAND otasim sweep network ${part} flow/first-update-native)
add_test(NAME sweep/random COMMAND otasim sweep random --walks ${walks})
set_tests_properties(sweep/unit sweep/power sweep/memory sweep/flash sweep/network
                     PROPERTIES LABELS sweep TIMEOUT 600 PROCESSORS 2)
# Alone, so that its time tells how fast the walks are.
set_tests_properties(sweep/random PROPERTIES LABELS sweep TIMEOUT 600 RUN_SERIAL TRUE)

# Each failure of the catalogue is replayed, or says where else it is tried.
add_test(NAME catalogue/complete COMMAND otasim list --catalogue)
set_tests_properties(catalogue/complete PROPERTIES LABELS cli)

# Whether all of that would notice a fault: seeded ones, one after the other, in a build of their own.
# Each thirtieth of them, which takes a minute; tools/mutation/run.py alone tries all.
set(mutation ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/mutation/run.py)
add_test(NAME mutation/table COMMAND ${mutation} --check-table)
set_tests_properties(mutation/table PROPERTIES LABELS mutation)
if(NOT OTASIM_SANITIZE AND NOT OTASIM_COVERAGE)
  add_test(NAME mutation/sample
           COMMAND ${mutation} --every 30 --scratch ${PROJECT_BINARY_DIR}/mutation --cmake ${CMAKE_COMMAND} --
                   -G ${CMAKE_GENERATOR} -DCMAKE_C_COMPILER=${CMAKE_C_COMPILER}
                   "-DCMAKE_PREFIX_PATH=${CMAKE_PREFIX_PATH}")
  set_tests_properties(mutation/sample PROPERTIES LABELS mutation TIMEOUT 1500 PROCESSORS 2)
endif()
