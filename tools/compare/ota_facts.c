#include "ota_facts.h"

#include <stdlib.h>
#include <string.h>

#include "esp_err.h"
#include "event_names.h"

enum number { NO_NUMBER, DECIMAL, HEX };

/* Words of a line, and what they say. */
static const struct phrase {
    const char *tag; /* NULL: any */
    const char *words;
    enum ota_fact_kind kind;
    enum number number; /* follows the words, and is the value (of an event: its data) */
    int value;
} phrases[] = {
    /* The handler of the vendor's advanced example. */
    {NULL, "OTA started", OTA_FACT_EVENT, NO_NUMBER, EVENT_START},
    {NULL, "connected to server", OTA_FACT_EVENT, NO_NUMBER, EVENT_CONNECTED},
    {NULL, "reading image descript", OTA_FACT_EVENT, NO_NUMBER, EVENT_GET_IMG_DESC},
    {NULL, "verifying chip id of new image:", OTA_FACT_EVENT, DECIMAL, EVENT_VERIFY_CHIP_ID},
    {NULL, "verifying chip revision of new image:", OTA_FACT_EVENT, DECIMAL,
     EVENT_VERIFY_CHIP_REVISION},
    {NULL, "callback to decrypt function", OTA_FACT_EVENT, NO_NUMBER, EVENT_DECRYPT_CB},
    {NULL, "writing to flash:", OTA_FACT_EVENT, DECIMAL, EVENT_WRITE_FLASH},
    {NULL, "boot partition updated. next partition:", OTA_FACT_EVENT, DECIMAL,
     EVENT_UPDATE_BOOT_PARTITION},
    {NULL, "boot partition updated, next partition:", OTA_FACT_EVENT, DECIMAL,
     EVENT_UPDATE_BOOT_PARTITION},
    {NULL, "OTA finish", OTA_FACT_EVENT, NO_NUMBER, EVENT_FINISH},
    {NULL, "OTA abort", OTA_FACT_EVENT, NO_NUMBER, EVENT_ABORT},
    {NULL, "new firmware version:", OTA_FACT_OFFERED, NO_NUMBER, 0},
    /* What its examples, and most that began as one, say in the end. */
    {NULL, "OTA succeed", OTA_FACT_DONE, NO_NUMBER, 0},
    {NULL, "upgrade successful", OTA_FACT_DONE, NO_NUMBER, 0},
    {NULL, "update successful", OTA_FACT_DONE, NO_NUMBER, 0},
    {NULL, "update done", OTA_FACT_DONE, NO_NUMBER, 0},
    {NULL, "prepare to restart", OTA_FACT_DONE, NO_NUMBER, 0},
    {NULL, "upgrade failed", OTA_FACT_FAILED, NO_NUMBER, 0},
    {NULL, "update failed", OTA_FACT_FAILED, NO_NUMBER, 0},
    {NULL, "OTA failed", OTA_FACT_FAILED, NO_NUMBER, 0},
    {NULL, "OTA begin failed", OTA_FACT_FAILED, NO_NUMBER, 0},
    {NULL, "complete data was not received", OTA_FACT_FAILED, NO_NUMBER, 0},
    {NULL, "esp_https_ota_read_img_desc failed", OTA_FACT_FAILED, NO_NUMBER, 0},
    {NULL, "esp_ota_begin failed", OTA_FACT_FAILED, NO_NUMBER, 0},
    {NULL, "esp_ota_write failed", OTA_FACT_FAILED, NO_NUMBER, 0},
    {NULL, "esp_ota_end failed", OTA_FACT_FAILED, NO_NUMBER, 0},
    {NULL, "esp_ota_set_boot_partition failed", OTA_FACT_FAILED, NO_NUMBER, 0},
    {NULL, "image validation failed", OTA_FACT_ERROR, NO_NUMBER, 0x1503},
    /* Where the update goes. */
    {NULL, "partition at offset 0x", OTA_FACT_TARGET, HEX, 0},
    /* ROM, bootloader, panic handler, the app's first lines. */
    {"boot", "loaded app from partition at offset 0x", OTA_FACT_APP, HEX, 0},
    {"boot", "no bootable app partitions", OTA_FACT_NO_APP, NO_NUMBER, 0},
    {"", "guru meditation error", OTA_FACT_PANIC, NO_NUMBER, 0},
    {"", "abort() was called", OTA_FACT_PANIC, NO_NUMBER, 0},
    {"", "ESP_ERROR_CHECK failed", OTA_FACT_PANIC, NO_NUMBER, 0},
    {"", "assert failed:", OTA_FACT_PANIC, NO_NUMBER, 0},
    {"", "a stack overflow in task", OTA_FACT_PANIC, NO_NUMBER, 0},
    {"", "brownout detector was triggered", OTA_FACT_BROWNOUT, NO_NUMBER, 0},
};
enum { PHRASES = sizeof phrases / sizeof phrases[0] };

/* The words in the brackets of "rst:0x1 (POWERON_RESET)" are the chips'; these are in them. */
static const struct {
    const char *words;
    enum ota_reset reset;
} resets[] = {
    {"POWERON", OTA_RESET_POWER_ON},       {"DEEPSLEEP", OTA_RESET_DEEP_SLEEP},
    {"DSLEEP", OTA_RESET_DEEP_SLEEP},      {"BROWN", OTA_RESET_BROWNOUT},
    {"WDT", OTA_RESET_WATCHDOG},           {"SW_CPU", OTA_RESET_SOFTWARE},
    {"SW_RESET", OTA_RESET_SOFTWARE},      {"SW_SYS", OTA_RESET_SOFTWARE},
    {"EXT_CPU_RESET", OTA_RESET_SOFTWARE},
};

struct collector {
    struct ota_facts *facts;
    size_t capacity;
    bool failed;
};

struct error_names {
    size_t count;
    struct {
        esp_err_t code;
        const char *name;
    } list[512];
};

/* All codes that have a name, as logs have either. Looked up once: that is 65,000 questions. */
static const struct error_names *error_names(void)
{
    static struct error_names names;
    static bool listed;
    const char *unknown = esp_err_to_name(0x7FFFFFFF);
    size_t limit = sizeof names.list / sizeof names.list[0];
    for (esp_err_t code = ESP_FAIL; !listed && code < 0x10000 && names.count < limit; code++) {
        const char *name = esp_err_to_name(code);
        if (code != ESP_OK && strcmp(name, unknown) != 0) {
            names.list[names.count].code = code;
            names.list[names.count++].name = name;
        }
    }
    listed = true;
    return &names;
}

static void add(struct collector *collector, const struct ota_fact *fact)
{
    struct ota_facts *facts = collector->facts;
    if (facts->count == collector->capacity) {
        size_t larger = collector->capacity > 0 ? collector->capacity * 2 : 64;
        struct ota_fact *list = realloc(facts->facts, larger * sizeof *list);
        if (list == NULL) {
            collector->failed = true;
            return;
        }
        facts->facts = list;
        collector->capacity = larger;
    }
    facts->facts[facts->count++] = *fact;
}

static bool tag_matches(const struct phrase *phrase, const struct serial_entry *entry)
{
    return phrase->tag == NULL || serial_text_is(entry->tag, phrase->tag);
}

static void find_phrase(struct collector *collector, const struct phrase *phrase,
                        const struct serial_entry *entry)
{
    const char *found =
        tag_matches(phrase, entry) ? serial_text_find(entry->text, phrase->words) : NULL;
    if (found == NULL) {
        return;
    }
    struct serial_text rest = serial_text_from(entry->text, found + strlen(phrase->words));
    struct ota_fact fact = {.kind = phrase->kind, .entry = entry, .value = phrase->value};
    uint32_t number = 0;
    bool has_number = phrase->number != NO_NUMBER &&
                      serial_text_number(rest, phrase->number == HEX ? 16 : 10, &number);
    if (phrase->kind == OTA_FACT_EVENT) {
        fact.phrase = true;
        fact.has_data = has_number;
        fact.data = number;
    } else if (phrase->number != NO_NUMBER) {
        fact.value = number;
        if (!has_number) {
            return;
        }
    }
    /* "Writing to partition subtype 16 at offset 0x110000" is said in several ways; the bootloader
     * says "partition at offset" too. */
    if (fact.kind == OTA_FACT_TARGET && serial_text_find(entry->text, "writing to") == NULL) {
        return;
    }
    add(collector, &fact);
}

static void find_target(struct collector *collector, const struct serial_entry *entry)
{
    static const struct phrase subtype = {NULL, "writing to partition subtype ", OTA_FACT_TARGET,
                                          DECIMAL, 0};
    const char *found = serial_text_find(entry->text, subtype.words);
    const char *offset = found != NULL ? serial_text_find(entry->text, " at offset 0x") : NULL;
    uint32_t value = 0;
    if (offset != NULL &&
        serial_text_number(serial_text_from(entry->text, offset + strlen(" at offset ")), 16,
                           &value)) {
        add(collector, &(struct ota_fact){OTA_FACT_TARGET, entry, .value = value});
    }
}

/* As serial_text_find, but names of the API are as they are: esp_https_ota_abort is no event. */
static const char *find_name(struct serial_text text, const char *name)
{
    const char *found = serial_text_find(text, name);
    while (found != NULL && memcmp(found, name, strlen(name)) != 0) {
        text = serial_text_from(text, found + 1);
        found = serial_text_find(text, name);
    }
    return found;
}

static void find_event_name(struct collector *collector, const struct serial_entry *entry)
{
    for (int event = EVENT_START; event <= EVENT_ABORT; event++) {
        if (find_name(entry->text, event_full_name((enum scenario_event)event)) != NULL) {
            add(collector, &(struct ota_fact){OTA_FACT_EVENT, entry, .value = event});
            return;
        }
    }
}

static bool is_name_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void find_error_names(struct collector *collector, const struct serial_entry *entry)
{
    bool may_have = serial_text_find(entry->text, "ESP_") != NULL;
    const struct error_names *known = error_names();
    for (size_t i = 0; may_have && i < known->count; i++) {
        const char *name = known->list[i].name;
        const char *found = find_name(entry->text, name);
        const char *end = found != NULL ? found + strlen(name) : NULL;
        bool whole = found != NULL &&
                     (end == entry->text.bytes + entry->text.length || !is_name_letter(*end)) &&
                     (found == entry->text.bytes || !is_name_letter(found[-1]));
        if (whole) {
            add(collector, &(struct ota_fact){OTA_FACT_ERROR, entry, .value = known->list[i].code});
        }
    }
}

/* Whether a number is called an error by the words before it: "err=0x1503", "failed! err=0x1503",
 * "ESP_HTTPS_OTA upgrade failed 0x1503". */
static bool is_called_error(struct serial_text before)
{
    enum { NEAR = 14 };
    static const char *const words[] = {"err", "fail", "code", "ret", "rc"};
    if (before.length > NEAR) {
        before = serial_text_from(before, before.bytes + before.length - NEAR);
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (serial_text_find(before, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static bool has_error_name(const struct collector *collector, const struct serial_entry *entry)
{
    size_t count = collector->facts->count;
    return count > 0 && collector->facts->facts[count - 1].entry == entry &&
           collector->facts->facts[count - 1].kind == OTA_FACT_ERROR;
}

static void find_error_number(struct collector *collector, const struct serial_entry *entry)
{
    const char *found = serial_text_find(entry->text, "0x");
    uint32_t value = 0;
    if (found == NULL || has_error_name(collector, entry) ||
        !is_called_error(
            (struct serial_text){entry->text.bytes, (size_t)(found - entry->text.bytes)}) ||
        !serial_text_number(serial_text_from(entry->text, found), 16, &value)) {
        return;
    }
    const struct error_names *known = error_names();
    for (size_t i = 0; i < known->count; i++) {
        if (value == (uint32_t)known->list[i].code) {
            add(collector, &(struct ota_fact){OTA_FACT_ERROR, entry, .value = (esp_err_t)value});
        }
    }
}

/* esp-tls prints mbedTLS codes as "-0x2700", or without their sign as "mbedtls failure: 0x2700". */
static void find_tls_error(struct collector *collector, const struct serial_entry *entry)
{
    static const char *const words[] = {"-0x", "mbedtls failure: 0x"};
    bool speaks_of_tls =
        serial_text_find(entry->tag, "tls") != NULL || serial_text_find(entry->tag, "ssl") != NULL;
    for (size_t i = 0; speaks_of_tls && i < sizeof words / sizeof words[0]; i++) {
        const char *found = serial_text_find(entry->text, words[i]);
        uint32_t value = 0;
        if (found != NULL &&
            serial_text_number(serial_text_from(entry->text, found + strlen(words[i])), 16,
                               &value) &&
            value > 0 && value < 0x8000) {
            add(collector, &(struct ota_fact){OTA_FACT_TLS_ERROR, entry, .value = -(int64_t)value});
            return;
        }
    }
}

static void find_reset(struct collector *collector, const struct serial_entry *entry)
{
    const char *found = serial_text_find(entry->text, "rst:0x");
    if (found == NULL) {
        return;
    }
    struct ota_fact fact = {OTA_FACT_RESET, entry, .value = OTA_RESET_OTHER};
    struct serial_text name = serial_text_from(entry->text, found);
    const char *end = memchr(name.bytes, ')', name.length);
    name.length = end != NULL ? (size_t)(end - name.bytes) : name.length;
    for (size_t i = 0; i < sizeof resets / sizeof resets[0]; i++) {
        if (serial_text_find(name, resets[i].words) != NULL) {
            fact.value = resets[i].reset;
            break;
        }
    }
    add(collector, &fact);
}

/* Takes the last word off the text. */
static struct serial_text last_word(struct serial_text *text)
{
    size_t end = text->length;
    while (end > 0 && text->bytes[end - 1] == ' ') {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && text->bytes[begin - 1] != ' ') {
        begin--;
    }
    text->length = begin;
    return (struct serial_text){text->bytes + begin, end - begin};
}

/* A row of the bootloader's table: " 4 ota_0            OTA app          00 10 00110000 00100000"
 */
static void find_slot(struct collector *collector, const struct serial_entry *entry)
{
    static const size_t digits[] = {8, 8, 2, 2};
    uint32_t values[4];
    struct serial_text rest = entry->text;
    for (size_t i = 0; i < 4; i++) {
        struct serial_text word = last_word(&rest);
        if (word.length != digits[i] || !serial_text_number(word, 16, &values[i])) {
            return;
        }
    }
    uint32_t number;
    const char *blank = memchr(rest.bytes, ' ', rest.length);
    if (values[3] != 0 || blank == NULL || !serial_text_number(rest, 10, &number)) {
        return;
    }
    struct serial_text label = serial_text_from(rest, blank + 1);
    const char *end = memchr(label.bytes, ' ', label.length);
    label.length = end != NULL ? (size_t)(end - label.bytes) : label.length;
    add(collector, &(struct ota_fact){OTA_FACT_SLOT, entry, .value = values[1], .has_data = true,
                                      .data = values[2], .text = label});
}

/* "App version:      1.2.3" */
static void find_label(struct collector *collector, const struct serial_entry *entry,
                       const char *words, enum ota_fact_kind kind)
{
    const char *found = serial_text_find(entry->text, words);
    if (found != entry->text.bytes) {
        return;
    }
    struct serial_text value = serial_text_from(entry->text, found + strlen(words));
    while (value.length > 0 && value.bytes[0] == ' ') {
        value = serial_text_from(value, value.bytes + 1);
    }
    if (value.length > 0) {
        add(collector, &(struct ota_fact){kind, entry, .text = value});
    }
}

static void find_in(struct collector *collector, const struct serial_entry *entry)
{
    for (size_t i = 0; i < PHRASES; i++) {
        find_phrase(collector, &phrases[i], entry);
    }
    find_target(collector, entry);
    find_event_name(collector, entry);
    find_reset(collector, entry);
    if (strchr("DV", entry->level) == NULL || entry->level == 0) {
        find_error_names(collector, entry);
        find_error_number(collector, entry);
        find_tls_error(collector, entry);
    }
    if (serial_text_is(entry->tag, "boot")) {
        find_slot(collector, entry);
    }
    if (serial_text_is(entry->tag, "app_init") || serial_text_is(entry->tag, "cpu_start")) {
        find_label(collector, entry, "App version:", OTA_FACT_VERSION);
        find_label(collector, entry, "ESP-IDF:", OTA_FACT_RELEASE);
    }
}

bool ota_facts_find(const struct serial_log *log, struct ota_facts *out, struct error *err)
{
    *out = (struct ota_facts){0};
    struct collector collector = {.facts = out};
    for (size_t i = 0; i < log->count && !collector.failed; i++) {
        find_in(&collector, &log->entries[i]);
    }
    if (collector.failed) {
        ota_facts_free(out);
        return error_set(err, "out of memory");
    }
    return true;
}

void ota_facts_free(struct ota_facts *facts)
{
    free(facts->facts);
    *facts = (struct ota_facts){0};
}

static bool speaks_of_update(const struct serial_entry *entry)
{
    static const char *const words[] = {"ota", "upgrade", "update", "firmware"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (serial_text_find(entry->tag, words[i]) != NULL ||
            serial_text_find(entry->text, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

bool ota_fact_is_activity(const struct ota_fact *fact)
{
    switch (fact->kind) {
    case OTA_FACT_EVENT:
    case OTA_FACT_OFFERED:
    case OTA_FACT_DONE:
    case OTA_FACT_FAILED:
    case OTA_FACT_TARGET:
    case OTA_FACT_TLS_ERROR:
        return true;
    case OTA_FACT_ERROR:
        /* 0x15xx is the OTA API's own, 0x9xxx is esp_https_ota's. */
        return (fact->value & ~0xFF) == 0x1500 || (fact->value & ~0xFFF) == 0x9000 ||
               speaks_of_update(fact->entry);
    default:
        return false;
    }
}
