/* Names of functions that the dynamic linker does not know: static ones, in the symbol table of an
 * ELF file. (The dynamic linker of macOS knows them all.) */
#pragma once

/** The function of the file, loaded at base, that holds the address. NULL if the file is no ELF
 * file of this machine or names none. The text stays valid until the next call. */
const char *symbols_name(const char *path, const void *base, const void *address);
