# Files that a firmware embeds, under the names that ESP-IDF's EMBED_FILES and EMBED_TXTFILES give
# them: server_certs/ca_cert.pem is _binary_ca_cert_pem_start and _binary_ca_cert_pem_end.
enable_language(ASM)

# otasim_embed(TARGET FILE [TEXT]): TEXT puts a zero byte behind the last (EMBED_TXTFILES).
function(otasim_embed target file)
  cmake_path(ABSOLUTE_PATH file)
  cmake_path(GET file FILENAME name)
  string(MAKE_C_IDENTIFIER ${name} name)
  set(terminator "")
  if("TEXT" IN_LIST ARGN)
    set(terminator ".byte 0")
  endif()
  # Names are taken literally by an application's asm("..."), so also here, and on both systems.
  set(source ${CMAKE_CURRENT_BINARY_DIR}/firmware-${target}/embedded_${name}.S)
  file(CONFIGURE OUTPUT ${source} CONTENT [[
#ifdef __APPLE__
        .const
#else
        .section .rodata
#endif
        .balign 4
        .globl _binary_@name@_start
_binary_@name@_start:
        .incbin "@file@"
        @terminator@
        .globl _binary_@name@_end
_binary_@name@_end:
#ifdef __ELF__
        .section .note.GNU-stack,"",%progbits
#endif
]] @ONLY)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${file})
  target_sources(${target} PRIVATE ${source})
endfunction()
