#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "esp_err.h"
#include "esp_log.h"

/* The folder is the build machine's, so traces leave it out. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static void describe(char *text, size_t size, const char *check, esp_err_t rc, const char *file,
                     int line, const char *function, const char *expression)
{
    snprintf(text, size, "%s failed: esp_err_t 0x%x (%s) at %s:%d: %s: %s", check, (unsigned)rc,
             esp_err_to_name(rc), base_name(file), line, function, expression);
}

void _esp_error_check_failed(esp_err_t rc, const char *file, int line, const char *function,
                             const char *expression)
{
    char text[512];
    describe(text, sizeof text, "ESP_ERROR_CHECK", rc, file, line, function, expression);
    boot_end(BOOT_END_PANIC, text);
}

void _esp_error_check_failed_without_abort(esp_err_t rc, const char *file, int line,
                                           const char *function, const char *expression)
{
    char text[512];
    describe(text, sizeof text, "ESP_ERROR_CHECK_WITHOUT_ABORT", rc, file, line, function,
             expression);
    ESP_LOGE("esp_err", "%s", text);
}

void __assert_func(const char *file, int line, const char *function, const char *expression)
{
    char text[512];
    snprintf(text, sizeof text, "assert failed: %s %s:%d (%s)", function, base_name(file), line,
             expression);
    if (boot_current() == NULL) {
        fprintf(stderr, "%s\n", text);
        abort();
    }
    boot_end(BOOT_END_PANIC, text);
}
