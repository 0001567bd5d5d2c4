# The libraries that otasim stands on, as imported targets otasim::<name>.
find_package(PkgConfig REQUIRED)

# otasim_find_global(PACKAGE TARGET): firmware is linked in other folders than this one.
function(otasim_find_global package target)
  if(TARGET ${target})
    return()
  endif()
  find_package(${package} REQUIRED)
  get_target_property(aliased ${target} ALIASED_TARGET)
  if(NOT aliased)
    set(aliased ${target})
  endif()
  set_target_properties(${aliased} PROPERTIES IMPORTED_GLOBAL TRUE)
endfunction()
otasim_find_global(CURL CURL::libcurl)
otasim_find_global(Threads Threads::Threads)
if(NOT TARGET otasim::curl)
  add_library(otasim::curl INTERFACE IMPORTED GLOBAL)
  target_link_libraries(otasim::curl INTERFACE CURL::libcurl)
endif()
option(OTASIM_FETCH_HTTP_PARSER "Fetch http_parser even if the system has it" OFF)
find_package(Python3 3.8 REQUIRED COMPONENTS Interpreter)
# Not a shim that looks for it each time (pyenv's takes longer than the interpreter's own start).
execute_process(COMMAND ${Python3_EXECUTABLE} -c "import sys; print(sys.executable)"
                OUTPUT_VARIABLE otasim_python OUTPUT_STRIP_TRAILING_WHITESPACE)
if(otasim_python)
  set(Python3_EXECUTABLE ${otasim_python})
endif()
find_program(OPENSSL_PROGRAM openssl REQUIRED)

pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET GLOBAL jansson)
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

# http_parser is no longer maintained, and some systems have dropped its package.
find_path(http_parser_INCLUDE http_parser.h)
find_library(http_parser_LIBRARY http_parser)
if(http_parser_INCLUDE AND http_parser_LIBRARY AND NOT OTASIM_FETCH_HTTP_PARSER)
  otasim_find_library(http_parser http_parser.h http_parser)
else()
  include(FetchContent)
  FetchContent_Declare(
    http_parser
    URL https://github.com/nodejs/http-parser/archive/v2.9.4.tar.gz
    URL_HASH SHA256=467b9e30fd0979ee301065e70f637d525c28193449e1b13fbcb1b1fab3ad224f)
  FetchContent_Populate(http_parser)
  add_library(otasim_http_parser STATIC ${http_parser_SOURCE_DIR}/http_parser.c)
  target_include_directories(otasim_http_parser SYSTEM PUBLIC ${http_parser_SOURCE_DIR})
  target_compile_definitions(otasim_http_parser PRIVATE HTTP_PARSER_STRICT=0)
  add_library(otasim::http_parser ALIAS otasim_http_parser)
endif()
