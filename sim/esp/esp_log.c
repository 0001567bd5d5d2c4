#include "esp_log.h"

#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "scheduler.h"
#include "trace.h"

struct tag_level {
    struct tag_level *next;
    esp_log_level_t level;
    char tag[];
};

static struct tag_level *tag_levels;
static esp_log_level_t default_level = ESP_LOG_INFO;
static vprintf_like_t replaced_vprintf;

static void forget_tag_levels(void)
{
    while (tag_levels != NULL) {
        struct tag_level *next = tag_levels->next;
        free(tag_levels);
        tag_levels = next;
    }
}

static struct tag_level *find_tag(const char *tag)
{
    for (struct tag_level *entry = tag_levels; entry != NULL; entry = entry->next) {
        if (strcmp(entry->tag, tag) == 0) {
            return entry;
        }
    }
    return NULL;
}

void esp_log_level_set(const char *tag, esp_log_level_t level)
{
    if (strcmp(tag, "*") == 0) {
        forget_tag_levels();
        default_level = level;
        return;
    }
    struct tag_level *entry = find_tag(tag);
    if (entry == NULL) {
        entry = malloc(sizeof *entry + strlen(tag) + 1);
        if (entry == NULL) {
            return;
        }
        strcpy(entry->tag, tag);
        entry->next = tag_levels;
        tag_levels = entry;
    }
    entry->level = level;
}

esp_log_level_t esp_log_level_get(const char *tag)
{
    const struct tag_level *entry = tag != NULL ? find_tag(tag) : NULL;
    return entry != NULL ? entry->level : default_level;
}

vprintf_like_t esp_log_set_vprintf(vprintf_like_t func)
{
    vprintf_like_t before = replaced_vprintf != NULL ? replaced_vprintf : vprintf;
    replaced_vprintf = func == vprintf ? NULL : func;
    return before;
}

uint32_t esp_log_timestamp(void)
{
    return (uint32_t)(rtos_now_us() / 1000u);
}

uint32_t esp_log_early_timestamp(void)
{
    return esp_log_timestamp();
}

/* The text of a line without the "I (123) tag: " that the macros put in front of it. */
static const char *without_prefix(const char *line, const char *tag)
{
    size_t tag_length = strlen(tag);
    if (line[0] == '\0' || strncmp(line + 1, " (", 2) != 0) {
        return line;
    }
    const char *rest = line + 3;
    rest += strspn(rest, "0123456789");
    if (strncmp(rest, ") ", 2) != 0 || strncmp(rest + 2, tag, tag_length) != 0 ||
        strncmp(rest + 2 + tag_length, ": ", 2) != 0) {
        return line;
    }
    return rest + 2 + tag_length + 2;
}

static void trace_line(esp_log_level_t level, const char *tag, const char *line)
{
    static const char letters[] = "-EWIDV";
    char letter[2] = {(size_t)level < sizeof letters - 1 ? letters[level] : '-', '\0'};
    const char *text = without_prefix(line, tag);
    trace_record("log", json_pack("{s:I, s:s, s:o, s:o}", "ms", (json_int_t)esp_log_timestamp(),
                                  "level", letter, "tag", trace_text(tag, strlen(tag)), "text",
                                  trace_text(text, strcspn(text, "\n"))));
}

static char *format_line(const char *format, va_list arguments)
    __attribute__((format(printf, 1, 0)));
static char *format_line(const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *line = length >= 0 ? malloc((size_t)length + 1) : NULL;
    if (line != NULL) {
        vsnprintf(line, (size_t)length + 1, format, arguments);
    }
    return line;
}

void esp_log_writev(esp_log_level_t level, const char *tag, const char *format, va_list arguments)
{
    if (tag == NULL) {
        tag = "";
    }
    if (level > esp_log_level_get(tag)) {
        return;
    }
    va_list for_print;
    va_copy(for_print, arguments);
    char *line = format_line(format, arguments);
    if (line != NULL) {
        trace_line(level, tag, line);
        free(line);
    }
    if (replaced_vprintf != NULL) {
        replaced_vprintf(format, for_print);
    } else if (boot_is_verbose()) {
        vprintf(format, for_print);
    }
    va_end(for_print);
}

void esp_log_write(esp_log_level_t level, const char *tag, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    esp_log_writev(level, tag, format, arguments);
    va_end(arguments);
}

void esp_log_buffer_hex_internal(const char *tag, const void *buffer, uint16_t length,
                                 esp_log_level_t level)
{
    enum { BYTES_PER_LINE = 16 };
    const uint8_t *bytes = buffer;
    for (size_t start = 0; start < length; start += BYTES_PER_LINE) {
        char text[3 * BYTES_PER_LINE + 1] = "";
        size_t used = 0;
        for (size_t i = start; i < length && i - start < BYTES_PER_LINE; i++) {
            used += (size_t)snprintf(text + used, sizeof text - used, used == 0 ? "%02x" : " %02x",
                                     bytes[i]);
        }
        ESP_LOG_LEVEL(level, tag, "%s", text);
    }
}
