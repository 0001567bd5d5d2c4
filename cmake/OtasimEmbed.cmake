# Files that a firmware embeds, under the names that ESP-IDF's EMBED_FILES and EMBED_TXTFILES give
# them: server_certs/ca_cert.pem is _binary_ca_cert_pem_start and _binary_ca_cert_pem_end.

# otasim_embed(TARGET FILE [TEXT]): TEXT puts a zero byte behind the last (EMBED_TXTFILES). FILE may
# be NAME=PATH: PATH goes by the name that NAME would have.
function(otasim_embed target file)
  set(name "")
  if(file MATCHES "^([^/=]+)=(.+)$")
    set(name ${CMAKE_MATCH_1})
    set(file ${CMAKE_MATCH_2})
  endif()
  cmake_path(ABSOLUTE_PATH file)
  if(NOT name)
    cmake_path(GET file FILENAME name)
  endif()
  string(MAKE_C_IDENTIFIER ${name} name)
  set(terminator "")
  if("TEXT" IN_LIST ARGN)
    set(terminator ".byte 0\\n")
  endif()
  otasim_c_string(path "${file}")
  string(REPLACE "\"" "\\\"" path "${path}")
  # Assembly in C: an application's asm("...") is taken literally, and so are names here, while those
  # of C have one more underscore on Mach-O; and no other language needs to be enabled.
  set(source ${CMAKE_CURRENT_BINARY_DIR}/firmware-${target}/embedded_${name}.c)
  file(CONFIGURE OUTPUT ${source} CONTENT [[
#ifdef __APPLE__
#define SECTION ".pushsection __TEXT,__const\n"
#else
#define SECTION ".pushsection .rodata\n"
#endif

__asm__(SECTION ".balign 4\n"
                ".globl _binary_@name@_start\n"
                "_binary_@name@_start:\n"
                ".incbin @path@\n"
                "@terminator@"
                ".globl _binary_@name@_end\n"
                "_binary_@name@_end:\n"
                ".popsection\n");
]] @ONLY)
  # No rule makes a single certificate; the stamp stands for all.
  cmake_path(IS_PREFIX OTASIM_CERTS_DIR ${file} NORMALIZE is_certificate)
  if(is_certificate)
    set(file ${OTASIM_CERTS_DIR}/stamp)
    add_dependencies(${target} otasim_certs)
  endif()
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${file})
  target_sources(${target} PRIVATE ${source})
endfunction()
