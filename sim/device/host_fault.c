#include "host_fault.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum state { NONE, BEING_NOTED, NOTED };

struct fault {
    atomic_int state;
    char text[sizeof((struct error *)0)->text];
};

static struct fault private_fault;
static struct fault *fault = &private_fault;

void host_fault_share(void)
{
    if (fault != &private_fault) {
        return;
    }
    void *memory = mmap(NULL, sizeof *fault, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    if (memory == MAP_FAILED) {
        return; /* each process then has its own, and its runner hears of it by its end */
    }
    struct fault *shared = memory;
    memcpy(shared->text, private_fault.text, sizeof shared->text);
    atomic_init(&shared->state, atomic_load(&private_fault.state));
    fault = shared;
}

static void note(const char *text)
{
    int expected = NONE;
    if (atomic_compare_exchange_strong(&fault->state, &expected, BEING_NOTED)) {
        snprintf(fault->text, sizeof fault->text, "%s", text);
        atomic_store(&fault->state, NOTED);
    }
}

bool host_fault_set(struct error *err, const char *format, ...)
{
    struct error own;
    va_list args;
    va_start(args, format);
    vsnprintf(own.text, sizeof own.text, format, args);
    va_end(args);
    note(own.text);
    return error_set(err, "%s", own.text);
}

const char *host_fault_text(void)
{
    return atomic_load(&fault->state) == NOTED ? fault->text : NULL;
}
