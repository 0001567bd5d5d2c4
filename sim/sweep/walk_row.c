#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "walk.h"

static void put_text(FILE *out, const char *field, const char *text)
{
    if (text != NULL) {
        fprintf(out, ".%s = \"%s\", ", field, text);
    }
}

static void put_number(FILE *out, const char *field, int64_t number)
{
    if (number != 0) {
        fprintf(out, ".%s = %" PRId64 ", ", field, number);
    }
}

static void put_flag(FILE *out, const char *field, bool set)
{
    if (set) {
        fprintf(out, ".%s = true, ", field);
    }
}

static void put_otadata(FILE *out, const struct scenario_device *device)
{
    if (!device->otadata[0].present && !device->otadata[1].present) {
        return;
    }
    fputs(".otadata = {", out);
    for (int i = 0; i < 2; i++) {
        const struct scenario_otadata_entry *entry = &device->otadata[i];
        if (entry->present) {
            fprintf(out, "[%d] = ENTRY(%" PRIu32 ", 0x%" PRIx32 "), ", i, entry->seq, entry->state);
        }
    }
    fputs("}, ", out);
}

static void put_device(FILE *out, const struct scenario_device *device)
{
    fputs("    .device = {", out);
    put_text(out, "partitions", device->partitions);
    put_flag(out, "flash_encryption", device->flash_encryption);
    fputs(".apps = {", out);
    for (size_t i = 0; i < SCENARIO_MAX_APPS && device->apps[i].label != NULL; i++) {
        fprintf(out, "{\"%s\", {.version = \"%s\"}}, ", device->apps[i].label,
                device->apps[i].image.version);
    }
    fputs("}, ", out);
    put_otadata(out, device);
    put_number(out, "flash_fails_at", (int64_t)device->flash_fails_at);
    put_number(out, "heap_size", (int64_t)device->heap_size);
    fputs("},\n", out);
}

static void put_response(FILE *out, const struct scenario_response *response)
{
    fputs("        {", out);
    put_number(out, "status", response->status);
    put_text(out, "body", response->body);
    if (response->headers[0].name != NULL) {
        fprintf(out, ".headers = {{\"%s\", \"%s\"}}, ", response->headers[0].name,
                response->headers[0].value);
    }
    put_text(out, "content_length", response->content_length);
    put_flag(out, "close", response->close);
    put_number(out, "chunked", response->chunked);
    put_number(out, "cut_after", response->cut_after);
    put_flag(out, "reset", response->reset);
    put_number(out, "header_pieces", response->header_pieces);
    if (response->split_at[0] != 0) {
        fprintf(out, ".split_at = {%u}, ", response->split_at[0]);
    }
    put_number(out, "interim", response->interim);
    fputs("},\n", out);
}

static void put_firmware(FILE *out, const struct scenario *row)
{
    fputs("    ", out);
    put_text(out, "firmware", row->firmware);
    fputc('\n', out);
    if (row->firmware_of[0].version == NULL) {
        return;
    }
    fputs("    .firmware_of = {", out);
    for (size_t i = 0; i < SCENARIO_MAX_APPS && row->firmware_of[i].version != NULL; i++) {
        fprintf(out, "{\"%s\", \"%s\"}, ", row->firmware_of[i].version,
                row->firmware_of[i].firmware);
    }
    fputs("},\n", out);
}

static void put_update(FILE *out, const struct update_plan *update)
{
    static const char *const apis[] = {
        [UPDATE_STEPS] = "UPDATE_STEPS", [UPDATE_NATIVE] = "UPDATE_NATIVE"};
    fputs("    .update = {", out);
    if (update->api != UPDATE_ONE_SHOT) {
        fprintf(out, ".api = %s, ", apis[update->api]);
    }
    put_text(out, "url", update->url);
    put_flag(out, "restart", update->restart);
    put_flag(out, "confirm", update->confirm);
    put_flag(out, "get_img_desc", update->get_img_desc);
    put_flag(out, "bulk_flash_erase", update->bulk_flash_erase);
    put_number(out, "write_size", update->write_size);
    fputs("},\n", out);
}

static void put_power(FILE *out, const struct scenario_power *power)
{
    static const char *const modes[] = {[FLASH_CUT_BEFORE] = "FLASH_CUT_BEFORE",
                                        [FLASH_CUT_TORN] = "FLASH_CUT_TORN",
                                        [FLASH_CUT_AFTER] = "FLASH_CUT_AFTER"};
    if (power->after_received == 0 && power->at_operation == 0) {
        return;
    }
    fputs("    .power = {", out);
    put_number(out, "after_received", (int64_t)power->after_received);
    put_number(out, "at_operation", (int64_t)power->at_operation);
    if (power->mode != FLASH_CUT_NONE) {
        fprintf(out, ".mode = %s, ", modes[power->mode]);
    }
    fputs("},\n", out);
}

static void put_expect(FILE *out, const struct scenario_expect *expect)
{
    fputs("    .expect = {.any_events = true, ", out);
    if (expect->result != 0) {
        fprintf(out, ".result = %s0x%x, ", expect->result < 0 ? "-" : "",
                (unsigned)abs(expect->result));
    }
    put_flag(out, "no_update", expect->no_update);
    put_flag(out, "crash", expect->crash);
    put_number(out, "more_boots", expect->more_boots);
    if (expect->boots[0].partition != NULL) {
        fputs(".boots = {", out);
        for (size_t i = 0; i < SCENARIO_MAX_BOOTS && expect->boots[i].partition != NULL; i++) {
            fprintf(out, "{\"%s\", \"%s\"}, ", expect->boots[i].partition,
                    expect->boots[i].version);
        }
        fputs("}", out);
    }
    fputs("},\n", out);
}

char *walk_row(const struct scenario *row, const char *about)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL) {
        return NULL;
    }
    fprintf(out, "{\n    .name = \"%s\",\n    .about = \"", row->name);
    for (const char *at = about; *at != '\0'; at++) {
        fprintf(out, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at == '\n' ? ' ' : *at);
    }
    fputs("\",\n", out);
    put_device(out, &row->device);
    fprintf(out, "    .image = {.size = %" PRIu32 "},\n    ", (uint32_t)row->image.size);
    put_text(out, "image_chip", row->image_chip);
    fputs("\n    .server = {\n", out);
    for (size_t i = 0; i < SCENARIO_MAX_RESPONSES && row->server[i].status != 0; i++) {
        put_response(out, &row->server[i]);
    }
    fputs("    },\n", out);
    put_firmware(out, row);
    put_update(out, &row->update);
    put_power(out, &row->power);
    put_expect(out, &row->expect);
    fputs("},\n", out);
    return fclose(out) == 0 ? text : NULL;
}
