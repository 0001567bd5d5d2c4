# Installs otasim as a CMake package: the tool and the core library, and under share/otasim what is
# compiled or run anew in each project (headers, the HTTP client, the OTA library, the server, the
# scripts), in the layout of the source tree, so that one set of functions serves both.
include(CMakePackageConfigHelpers)

set(share ${CMAKE_INSTALL_DATADIR}/otasim)
set(modules ${CMAKE_INSTALL_LIBDIR}/otasim/firmware)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/otasim)
if(APPLE)
  set(origin "@loader_path")
else()
  set(origin "$ORIGIN")
endif()

install(TARGETS otasim RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS otasim_core LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
set_target_properties(otasim PROPERTIES INSTALL_RPATH "${origin}/../${CMAKE_INSTALL_LIBDIR}")
get_property(firmware GLOBAL PROPERTY OTASIM_FIRMWARE_TARGETS)
if(firmware)
  install(TARGETS ${firmware} LIBRARY DESTINATION ${modules})
  set_target_properties(${firmware} PROPERTIES INSTALL_RPATH "${origin}/../..")
endif()

install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# sim/http and sim/module are compiled into each firmware, the rest is in the core library.
install(DIRECTORY sim DESTINATION ${share} FILES_MATCHING
        PATTERN "*.h" PATTERN "*.def" PATTERN "*.defaults"
        PATTERN "fuzz" EXCLUDE PATTERN "test_*" EXCLUDE)
install(DIRECTORY sim/http sim/module DESTINATION ${share}/sim FILES_MATCHING PATTERN "*.c"
        PATTERN "fuzz" EXCLUDE PATTERN "test_*" EXCLUDE)
install(DIRECTORY otalib/src otalib/include DESTINATION ${share}/otalib)
install(DIRECTORY fixtures/server fixtures/partitions fixtures/sdkconfig fixtures/firmware
        DESTINATION ${share}/fixtures FILES_MATCHING
        PATTERN "*.py" PATTERN "*.csv" PATTERN "*.defaults" PATTERN "*.h"
        PATTERN "test_*" EXCLUDE PATTERN "__pycache__" EXCLUDE)
# Beside what is installed bytecode is welcome, and the server writes none itself. Without, it only
# starts more slowly.
install(CODE "execute_process(
  COMMAND \"${Python3_EXECUTABLE}\" -E -m compileall -q
          \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${share}/fixtures/server\")")
install(FILES certs/make_certs.sh DESTINATION ${share}/certs)
# For the scenarios that the tool itself has; a project makes certificates of its own.
install(DIRECTORY ${OTASIM_CERTS_DIR}/ DESTINATION ${share}/test-certs
        PATTERN "CMakeFiles" EXCLUDE PATTERN "*.cmake" EXCLUDE)
install(DIRECTORY cmake DESTINATION ${share} FILES_MATCHING PATTERN "*.cmake" PATTERN "*.py")

configure_package_config_file(
  cmake/otasim-config.cmake.in ${PROJECT_BINARY_DIR}/otasim-config.cmake
  INSTALL_DESTINATION ${package}
  PATH_VARS CMAKE_INSTALL_BINDIR CMAKE_INSTALL_LIBDIR share)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/otasim-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/otasim-config.cmake
              ${PROJECT_BINARY_DIR}/otasim-config-version.cmake DESTINATION ${package})
