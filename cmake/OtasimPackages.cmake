# The libraries that otasim stands on, as imported targets otasim::<name>.
find_package(PkgConfig REQUIRED)
find_package(CURL REQUIRED)
find_package(Threads REQUIRED)
find_package(Python3 3.8 REQUIRED COMPONENTS Interpreter)
find_program(OPENSSL_PROGRAM openssl REQUIRED)

pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
add_library(otasim::jansson ALIAS PkgConfig::JANSSON)

# mbedTLS 2.28 ships neither a CMake package nor pkg-config files on Debian; 3.x ships both.
function(otasim_find_library target header)
  find_path(${target}_INCLUDE ${header} REQUIRED)
  add_library(otasim::${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(otasim::${target} INTERFACE ${${target}_INCLUDE})
  foreach(name IN LISTS ARGN)
    find_library(${target}_${name}_LIBRARY ${name} REQUIRED)
    target_link_libraries(otasim::${target} INTERFACE ${${target}_${name}_LIBRARY})
  endforeach()
endfunction()
otasim_find_library(mbedtls mbedtls/ssl.h mbedtls mbedx509 mbedcrypto)
otasim_find_library(http_parser http_parser.h http_parser)

if(BUILD_TESTING)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
  add_library(otasim::cmocka ALIAS PkgConfig::CMOCKA)
endif()
