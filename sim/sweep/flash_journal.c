#include "flash_journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal_writer.h"

static bool read_all(int fd, uint8_t **bytes, size_t *length, struct error *err)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return error_set(err, "flash journal: %s", strerror(errno));
    }
    *length = (size_t)status.st_size;
    *bytes = malloc(*length + 1);
    if (*bytes == NULL) {
        return error_set(err, "flash journal: out of memory");
    }
    for (size_t done = 0; done < *length;) {
        ssize_t got = pread(fd, *bytes + done, *length - done, (off_t)done);
        if (got <= 0) {
            return error_set(err, "flash journal: %s", got < 0 ? strerror(errno) : "cut short");
        }
        done += (size_t)got;
    }
    return true;
}

static size_t pages_of(const struct journal_record *record)
{
    uint32_t within = record->address % FLASH_PAGE_SIZE;
    return record->kind == FLASH_ERASE
               ? 1
               : (within + record->length + FLASH_PAGE_SIZE - 1) / FLASH_PAGE_SIZE;
}

/* Visits each record; counts the operations, and where `ops` is not NULL writes them there. */
static bool split(const uint8_t *bytes, size_t length, struct journal_op *ops, size_t *count,
                  struct error *err)
{
    *count = 0;
    for (size_t at = 0; at < length;) {
        struct journal_record record;
        if (length - at < sizeof record) {
            return error_set(err, "flash journal: cut short at byte %zu", at);
        }
        memcpy(&record, bytes + at, sizeof record);
        at += sizeof record;
        bool program = record.kind == FLASH_PROGRAM;
        if (record.magic != JOURNAL_MAGIC || (program && record.length > length - at)) {
            return error_set(err, "flash journal: no record at byte %zu", at - sizeof record);
        }
        if (ops == NULL) {
            *count += pages_of(&record);
            at += program ? record.length : 0;
            continue;
        }
        for (uint32_t done = 0; done < record.length;) {
            uint32_t room = FLASH_PAGE_SIZE - (record.address + done) % FLASH_PAGE_SIZE;
            uint32_t part = record.length - done;
            part = program && part > room ? room : part;
            ops[(*count)++] = (struct journal_op){
                .kind = (enum flash_op_kind)record.kind,
                .address = record.address + done,
                .length = part,
                .data = program ? bytes + at + done : NULL,
                .index = record.index,
                .boot = record.boot,
                .nor_violations = done == 0 ? record.nor_violations : 0,
                .efuse = record.efuse,
            };
            done += part;
        }
        at += program ? record.length : 0;
    }
    return true;
}

bool flash_journal_read(int fd, struct flash_journal *journal, struct error *err)
{
    size_t length = 0;
    memset(journal, 0, sizeof *journal);
    if (!read_all(fd, &journal->bytes, &length, err) ||
        !split(journal->bytes, length, NULL, &journal->count, err)) {
        flash_journal_free(journal);
        return false;
    }
    journal->ops = calloc(journal->count + 1, sizeof journal->ops[0]);
    if (journal->ops == NULL) {
        flash_journal_free(journal);
        return error_set(err, "flash journal: out of memory");
    }
    return split(journal->bytes, length, journal->ops, &journal->count, err);
}

void flash_journal_free(struct flash_journal *journal)
{
    free(journal->ops);
    free(journal->bytes);
    memset(journal, 0, sizeof *journal);
}
