#include "boot_process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "esp_flash_err.h"
#include "heap.h"
#include "journal_writer.h"
#include "otadata_json.h"
#include "trace.h"

/* A boot that takes longer on the wall clock hangs in a way that virtual time does not see. */
#define WALL_CLOCK_LIMIT_S 120

enum device_reset_reason boot_reset_reason(enum boot_end_kind end)
{
    switch (end) {
    case BOOT_END_RESTART:
        return DEVICE_RESET_SW;
    case BOOT_END_DEEP_SLEEP:
        return DEVICE_RESET_DEEPSLEEP;
    case BOOT_END_PANIC:
        return DEVICE_RESET_PANIC;
    case BOOT_END_WATCHDOG:
        return DEVICE_RESET_TASK_WDT;
    case BOOT_END_IDLE:
    case BOOT_END_POWER_CUT:
    case BOOT_END_NO_APP:
        break;
    }
    return DEVICE_RESET_POWERON;
}

static const char *reset_name(enum device_reset_reason reason)
{
    static const char *const names[] = {
        "unknown", "power-on", "external", "software",   "panic",
        "int-wdt", "task-wdt", "wdt",      "deep-sleep", "brownout",
    };
    return (size_t)reason < sizeof names / sizeof names[0] ? names[reason] : "unknown";
}

static struct {
    struct device *device;
    uint64_t rot_after; /* operations */
} fault;

static void trace_bootloader(const struct boot_request *request,
                             const struct bootloader_report *report)
{
    struct partition_table table = {0};
    device_partition_table(request->device, &table, NULL);
    json_t *tried = json_array();
    for (unsigned i = 0; i < report->attempts; i++) {
        const struct bootloader_attempt *attempt = &report->attempt[i];
        json_array_append_new(tried, json_pack("{s:s, s:s, s:s}", "part", attempt->partition.label,
                                               "err", esp_err_to_name(attempt->result), "why",
                                               attempt->error.text));
    }
    trace_record("bootloader",
                 json_pack("{s:i, s:o, s:s?, s:o, s:s}", "selected", report->selected_index,
                           "tried", tried, "booted", report->booted ? report->app.label : NULL,
                           "otadata", otadata_json(request->device, &table), "reason",
                           report->reason.text));
}

static void trace_boot(const struct boot_request *request, const struct bootloader_report *report)
{
    const struct app_image_descriptor *app = &report->image.descriptor;
    trace_record("boot",
                 json_pack("{s:i, s:s, s:s, s:o, s:o}", "n", request->number, "reset",
                           reset_name(request->device->reset_reason), "running", report->app.label,
                           "version", trace_text(app->version, strlen(app->version)), "project",
                           trace_text(app->project_name, strlen(app->project_name))));
}

/* An app that runs already: as if the bootloader had booted it, whatever its image is worth. */
static void resume(const struct boot_request *request, struct bootloader_report *report)
{
    const struct partition *app = request->resume_at;
    uint8_t descriptor[APP_IMAGE_DESCRIPTOR_LENGTH];
    report->booted = true;
    report->app = *app;
    if (flash_read(request->device->flash, app->offset + APP_IMAGE_DESCRIPTOR_OFFSET, descriptor,
                   sizeof descriptor) == ESP_OK) {
        app_image_descriptor_decode(descriptor, &report->image.descriptor);
    }
}

static void time_is_up(void *context)
{
    (void)context;
    boot_end(BOOT_END_WATCHDOG, "no end within the time limit of the device's clock");
}

static void power_fails(void *context)
{
    (void)context;
    boot_end(BOOT_END_POWER_CUT, NULL);
}

/* One bit of the operation's last byte: any would do, but it must be one that is read again. */
static void rot(const struct flash_op *op)
{
    uint32_t address = op->address + op->length - 1;
    uint8_t byte = *flash_view(fault.device->flash, address, 1) ^ 0x10;
    flash_load(fault.device->flash, address, &byte, 1);
}

static void observe(void *context, const struct flash_op *op)
{
    journal_observe(context, op);
    if (fault.rot_after == op->index + 1) {
        rot(op);
    }
}

static void arm_faults(const struct boot_request *request)
{
    fault.device = request->device;
    fault.rot_after = request->fault.flash_rot;
    if (request->fault.allocation > 0) {
        heap_arm_failure(request->fault.allocation - 1);
    }
    if (request->fault.flash_op > 0) {
        flash_arm_error(request->device->flash, request->fault.flash_op - 1, ESP_ERR_FLASH_OP_FAIL);
    }
}

static void trace_heap(void)
{
    struct heap_stats stats = heap_stats();
    trace_recordf("heap", "{s:I, s:I, s:I, s:I}", "in_use", (json_int_t)stats.in_use, "most",
                  (json_int_t)stats.most_in_use, "blocks", (json_int_t)stats.blocks, "allocations",
                  (json_int_t)stats.allocations);
}

static _Noreturn void boot_child(const struct boot_request *request)
{
    lifeline_watch();
    if (request->server != NULL) {
        server_abandon(request->server);
    }
    alarm(WALL_CLOCK_LIMIT_S);
    trace_open(request->trace_fd);
    device_set_current(request->device);
    if (request->journal_fd > 0) {
        journal_start(request->device, request->journal_fd, (uint32_t)request->number);
    }
    boot_observe_flash(request->device, observe, NULL);
    arm_faults(request);
    boot_at_end(trace_heap);
    if (request->time_limit_us != 0) {
        device_set_alarm(request->device, request->device->now_us + request->time_limit_us,
                         time_is_up, NULL);
    }
    if (request->power_cut.mode != FLASH_CUT_NONE) {
        flash_arm_power_cut(request->device->flash, request->power_cut.at, request->power_cut.mode,
                            power_fails, NULL);
    }

    static struct bootloader_report report;
    if (request->resume_at != NULL) {
        resume(request, &report);
    } else {
        bool booted = bootloader_run(request->device, &request->bootloader, &report);
        trace_bootloader(request, &report);
        if (!booted) {
            boot_end(BOOT_END_NO_APP, report.reason.text);
        }
    }
    trace_boot(request, &report);

    static struct boot boot;
    boot = (struct boot){
        .device = request->device,
        .running = report.app,
        .image = report.image,
        .net = request->net,
        .argument = request->argument,
        .strict = request->strict,
        .check_leaks = request->check_leaks,
    };
    boot_set_current(&boot);
    const struct firmware *firmware =
        request->firmware_for != NULL
            ? request->firmware_for(report.image.descriptor.version, request->context)
            : NULL;
    if (firmware != NULL) {
        firmware_run(firmware);
    }
    boot_end(BOOT_END_IDLE, NULL);
}

static void forget_rtc_memory(struct device *device)
{
    memset(device->rtc_memory, 0, sizeof device->rtc_memory);
    device->has_last_app = false;
}

static void read_status(int status, struct boot_result *result)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) >= BOOT_EXIT_BASE &&
        WEXITSTATUS(status) <= BOOT_EXIT_BASE + BOOT_END_NO_APP) {
        result->end = (enum boot_end_kind)(WEXITSTATUS(status) - BOOT_EXIT_BASE);
        result->detail[0] = '\0';
        return;
    }
    bool timed_out = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
    result->end = timed_out ? BOOT_END_WATCHDOG : BOOT_END_PANIC;
    if (timed_out) {
        snprintf(result->detail, sizeof result->detail, "no end after %d s on the wall clock",
                 WALL_CLOCK_LIMIT_S);
    } else if (WIFSIGNALED(status)) {
        snprintf(result->detail, sizeof result->detail, "%s", strsignal(WTERMSIG(status)));
    } else {
        snprintf(result->detail, sizeof result->detail,
                 "the firmware's process left with status %d", WEXITSTATUS(status));
    }
    /* Its own last words are missing, so they are said here. */
    trace_recordf("end", "{s:s, s:s}", "how", boot_end_name(result->end), "detail", result->detail);
}

bool boot_process_run(const struct boot_request *request, struct boot_result *result,
                      struct error *err)
{
    fflush(NULL);
    request->device->boot_us = request->device->now_us;
    pid_t child = fork();
    if (child < 0) {
        return error_set(err, "fork: %s", strerror(errno));
    }
    if (child == 0) {
        boot_child(request);
    }
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return error_set(err, "waitpid: %s", strerror(errno));
        }
    }
    device_set_alarm(request->device, 0, NULL, NULL);
    trace_open(request->trace_fd);
    device_set_current(request->device);
    read_status(status, result);
    if (result->end == BOOT_END_POWER_CUT) {
        forget_rtc_memory(request->device);
    }
    device_set_current(NULL);
    trace_open(-1);
    return true;
}
