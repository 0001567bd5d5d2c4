#include "symbols.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if defined(__linux__) && defined(__LP64__) && __has_include(<elf.h>)
#include <elf.h>

static bool read_at(FILE *file, uint64_t offset, void *out, size_t size)
{
    return offset <= INT64_MAX && fseeko(file, (off_t)offset, SEEK_SET) == 0 &&
           fread(out, size, 1, file) == 1;
}

static bool read_section(FILE *file, const Elf64_Ehdr *header, uint32_t index, Elf64_Shdr *out)
{
    return index < header->e_shnum &&
           read_at(file, header->e_shoff + (uint64_t)index * sizeof *out, out, sizeof *out);
}

static bool is_elf(FILE *file, Elf64_Ehdr *header)
{
    return read_at(file, 0, header, sizeof *header) &&
           memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
           header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_shentsize == sizeof(Elf64_Shdr);
}

static bool find_symbol_table(FILE *file, const Elf64_Ehdr *header, Elf64_Shdr *table)
{
    for (uint32_t i = 0; i < header->e_shnum; i++) {
        if (read_section(file, header, i, table) && table->sh_type == SHT_SYMTAB) {
            return true;
        }
    }
    return false;
}

static bool find_symbol(FILE *file, const Elf64_Shdr *table, uint64_t address, Elf64_Sym *symbol)
{
    if (fseeko(file, (off_t)table->sh_offset, SEEK_SET) != 0) {
        return false;
    }
    for (uint64_t i = 0; i < table->sh_size / sizeof *symbol; i++) {
        if (fread(symbol, sizeof *symbol, 1, file) != 1) {
            return false;
        }
        if (ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && address >= symbol->st_value &&
            address - symbol->st_value < symbol->st_size) {
            return true;
        }
    }
    return false;
}

const char *symbols_name(const char *path, const void *base, const void *address)
{
    static char name[128];
    Elf64_Ehdr header;
    Elf64_Shdr table, strings;
    Elf64_Sym symbol;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    size_t length = 0;
    if (is_elf(file, &header) && find_symbol_table(file, &header, &table) &&
        find_symbol(file, &table, (uint64_t)((uintptr_t)address - (uintptr_t)base), &symbol) &&
        read_section(file, &header, table.sh_link, &strings) &&
        fseeko(file, (off_t)(strings.sh_offset + symbol.st_name), SEEK_SET) == 0) {
        length = fread(name, 1, sizeof name - 1, file);
    }
    fclose(file);
    name[length] = '\0';
    return name[0] != '\0' ? name : NULL;
}
#else
const char *symbols_name(const char *path, const void *base, const void *address)
{
    (void)path;
    (void)base;
    (void)address;
    return NULL;
}
#endif
