/* Gives the reader of serial logs anything. It fails on sanitizer findings, on a text that leaves
 * the log or has a byte in it that a terminal would act on, and on lines that go backwards. */
#include <stdlib.h>

#include "log_boots.h"

/* The harness wants to know all tables; here are none. */
struct scenario;
extern const struct scenario *const scenario_tables[];
const struct scenario *const scenario_tables[] = {NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_text(const struct serial_log *log, size_t size, struct serial_text text)
{
    if (text.length == 0) {
        return;
    }
    require(text.bytes >= log->clean && text.length <= size &&
            (size_t)(text.bytes - log->clean) <= size - text.length);
    for (size_t i = 0; i < text.length; i++) {
        require(text.bytes[i] >= ' ' && text.bytes[i] <= '~');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct serial_log log;
    struct ota_facts facts = {0};
    struct log_boots boots = {0};
    struct error err;
    require(serial_log_parse(data, size, &log, &err));
    for (size_t i = 0; i < log.count; i++) {
        check_text(&log, size, log.entries[i].tag);
        check_text(&log, size, log.entries[i].text);
        require(log.entries[i].line >= 1 && log.entries[i].line <= log.lines);
        require(i == 0 || log.entries[i].line >= log.entries[i - 1].line);
    }
    require(ota_facts_find(&log, &facts, &err));
    for (size_t i = 0; i < facts.count; i++) {
        check_text(&log, size, facts.facts[i].text);
    }
    require(log_boots_find(&facts, &boots, &err));
    require(boots.later <= boots.count && boots.activity <= facts.count);
    for (size_t i = 0; i < boots.count; i++) {
        check_text(&log, size, boots.boots[i].version);
    }
    log_boots_free(&boots);
    ota_facts_free(&facts);
    serial_log_free(&log);
    return 0;
}
