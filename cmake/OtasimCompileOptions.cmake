# otasim_instrumentation: sanitizers and coverage, for everything that is compiled.
# otasim_options: that and the warnings, for the project's own code.
add_library(otasim_instrumentation INTERFACE)
if(OTASIM_SANITIZE)
  target_compile_options(
    otasim_instrumentation INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined
                                     -fno-omit-frame-pointer)
  target_link_options(otasim_instrumentation INTERFACE -fsanitize=address,undefined)
endif()
if(OTASIM_COVERAGE)
  target_compile_options(otasim_instrumentation INTERFACE --coverage)
  target_link_options(otasim_instrumentation INTERFACE --coverage)
endif()
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  target_compile_definitions(otasim_instrumentation INTERFACE _GNU_SOURCE)
elseif(APPLE)
  target_compile_definitions(otasim_instrumentation INTERFACE _DARWIN_C_SOURCE)
endif()

add_library(otasim_options INTERFACE)
target_link_libraries(otasim_options INTERFACE otasim_instrumentation)
target_compile_options(otasim_options INTERFACE -Wall -Wextra -Wshadow -Wconversion)
if(OTASIM_WERROR)
  target_compile_options(otasim_options INTERFACE -Werror)
endif()

# Symbols are bound when a program is loaded: each boot is a fork, and would bind them anew.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  target_link_options(otasim_options INTERFACE LINKER:-z,now)
endif()
