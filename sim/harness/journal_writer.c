#include "journal_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "host_fault.h"

static struct {
    struct device *device;
    int fd;
    uint32_t boot;
} journal;

void journal_start(struct device *device, int fd, uint32_t boot)
{
    journal.device = device;
    journal.fd = fd;
    journal.boot = boot;
}

void journal_observe(void *context, const struct flash_op *op)
{
    (void)context;
    if (journal.device == NULL) {
        return;
    }
    struct journal_record record = {
        .magic = JOURNAL_MAGIC,
        .kind = op->kind,
        .index = op->index,
        .address = op->address,
        .length = op->length,
        .boot = journal.boot,
        .nor_violations = op->nor_violations,
        .efuse = journal.device->efuse,
    };
    size_t data_length = op->kind == FLASH_PROGRAM ? op->length : 0;
    struct iovec parts[] = {
        {.iov_base = &record, .iov_len = sizeof record},
        {.iov_base = (void *)(uintptr_t)op->data, .iov_len = data_length},
    };
    ssize_t written = writev(journal.fd, parts, data_length > 0 ? 2 : 1);
    if (written != (ssize_t)(sizeof record + data_length)) {
        host_fault_set(NULL, "TMPDIR: the journal of the flash cannot be written: %s",
                       written < 0 ? strerror(errno) : "the disk is full");
        _Exit(EXIT_FAILURE);
    }
}
