#include "boot_process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backtrace.h"
#include "boot_crash.h"
#include "boot_input.h"
#include "boot_rtc.h"
#include "esp_flash_err.h"
#include "esp_log.h"
#include "firmware_module.h"
#include "flash_cipher.h"
#include "heap.h"
#include "host_fault.h"
#include "image_leniency.h"
#include "journal_writer.h"
#include "net.h"
#include "otadata_json.h"
#include "otasim_quirk.h"
#include "scheduler.h"
#include "serial_boot.h"
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
    case BOOT_END_BROWNOUT:
        return DEVICE_RESET_BROWNOUT;
    case BOOT_END_IDLE:
    case BOOT_END_POWER_CUT:
    case BOOT_END_NO_APP:
    case BOOT_END_HANG:
    case BOOT_END_COUNT:
        break;
    }
    return DEVICE_RESET_POWERON;
}

/* Of several armed sources the timer ends the sleep: nobody presses buttons here. */
static void wake_up(struct device *device)
{
    uint32_t sources = device->sleep.sources, first = 0;
    if ((sources & 1u << DEVICE_WAKE_TIMER) != 0) {
        device_advance_us(device, device->sleep.timer_us);
        first = DEVICE_WAKE_TIMER;
    } else {
        while ((sources & 1u << first) == 0) {
            first++;
        }
    }
    device->sleep.woken_by = first;
}

void boot_reset(struct device *device, const struct boot_result *result)
{
    if (result->sleeps_for_ever) {
        return;
    }
    device->reset_reason = boot_reset_reason(result->end);
    if (result->end == BOOT_END_DEEP_SLEEP) {
        wake_up(device);
    } else {
        device->sleep = (struct device_sleep){0};
    }
    if (device->reset_reason == DEVICE_RESET_POWERON ||
        device->reset_reason == DEVICE_RESET_BROWNOUT) {
        boot_rtc_forget(device);
    }
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
    if (flash_read_decrypted(request->device->flash, app->offset + APP_IMAGE_DESCRIPTOR_OFFSET,
                             descriptor, sizeof descriptor) == ESP_OK) {
        app_image_descriptor_decode(descriptor, &report->image.descriptor);
    }
}

struct bootloader_config boot_process_bootloader(struct bootloader_config config, uint32_t release,
                                                 bool strict)
{
    if (release != 0) {
        config.lenience = image_leniency_of(release);
    }
    if (strict) {
        config.lenience = 0;
    }
    return config;
}

static bool choose_app(const struct boot_request *request, struct bootloader_report *report)
{
    if (request->resume_at != NULL) {
        resume(request, report);
    } else {
        struct bootloader_config config =
            boot_process_bootloader(request->bootloader, request->release, request->strict);
        bool booted = bootloader_run(request->device, &config, report);
        trace_bootloader(request, report);
        image_leniency_met(report->image.let_through);
        if (request->verbose) {
            serial_boot_print(request->device, report);
        }
        if (!booted) {
            return false;
        }
    }
    trace_boot(request, report);
    return true;
}

static void time_is_up(void *context)
{
    (void)context;
    rtos_time_is_up();
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
    if (request->heap_size != 0) {
        heap_set_size(request->heap_size);
    }
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
    trace_recordf("heap_end", "{s:I, s:I, s:I, s:I}", "in_use", (json_int_t)stats.in_use, "most",
                  (json_int_t)stats.most_in_use, "blocks", (json_int_t)stats.blocks, "allocations",
                  (json_int_t)stats.allocations);
}

static void supply_dips(void *context)
{
    const struct boot_power_dip *dip = context;
    boot_end(dip->brownout ? BOOT_END_BROWNOUT : BOOT_END_POWER_CUT, NULL);
}

/* One alarm is enough: of two times the earlier counts. */
static void set_alarm(const struct boot_request *request)
{
    static struct boot_power_dip dip;
    uint64_t now = request->device->now_us, limit = request->time_limit_us;
    dip = request->power_dip;
    if (dip.after_us != 0 && (limit == 0 || dip.after_us < limit)) {
        device_set_alarm(request->device, now + dip.after_us, supply_dips, &dip);
    } else if (limit != 0) {
        device_set_alarm(request->device, now + limit, time_is_up, NULL);
    }
}

static struct boot_watchdog watchdog_of(const struct firmware *firmware)
{
    return (struct boot_watchdog){
        .on = firmware_option_on(firmware, "CONFIG_ESP_TASK_WDT_EN") &&
              firmware_option_on(firmware, "CONFIG_ESP_TASK_WDT_INIT"),
        .panics = firmware_option_on(firmware, "CONFIG_ESP_TASK_WDT_PANIC"),
        .timeout_s = (unsigned)firmware_option_number(firmware, "CONFIG_ESP_TASK_WDT_TIMEOUT_S", 5),
    };
}

static void start_rtos(const struct firmware *firmware, const struct boot_watchdog *watchdog)
{
    const struct rtos_config config = {
        .tick_hz = (unsigned)firmware_option_number(firmware, "CONFIG_FREERTOS_HZ", 100),
        .watchdog_timeout_s = watchdog->on ? watchdog->timeout_s : 0,
        .watchdog_panics = watchdog->panics,
        .watchdog_skips_idle =
            !firmware_option_on(firmware, "CONFIG_ESP_TASK_WDT_CHECK_IDLE_TASK_CPU0"),
    };
    rtos_start(&config);
}

/* What the startup code of the chip does before app_main. */
static void run_firmware(const struct firmware *firmware, const struct boot_request *request)
{
    struct error err;
    if (!boot_rtc_restore(firmware_module(firmware)->rtc, request->device, &err)) {
        boot_end(BOOT_END_PANIC, err.text);
    }
    long level = firmware_option_number(firmware, "CONFIG_LOG_DEFAULT_LEVEL", ESP_LOG_INFO);
    esp_log_level_set("*", (esp_log_level_t)level);
    struct boot_watchdog watchdog = watchdog_of(firmware);
    boot_crash_watch(&watchdog);
    start_rtos(firmware, &watchdog);
    firmware_run(firmware);
    rtos_main_returned();
}

static _Noreturn void boot_child(const struct boot_request *request)
{
    lifeline_watch();
    if (request->server != NULL) {
        server_abandon(request->server);
    }
    alarm(WALL_CLOCK_LIMIT_S);
    trace_open(request->trace_fd);
    boot_input_open(request->input);
    device_set_current(request->device);
    if (request->journal_fd > 0) {
        journal_start(request->device, request->journal_fd, (uint32_t)request->number);
    }
    boot_observe_flash(request->device, observe, NULL);
    arm_faults(request);
    boot_at_end(trace_heap);
    set_alarm(request);
    if (request->power_cut.mode != FLASH_CUT_NONE) {
        flash_arm_power_cut(request->device->flash, request->power_cut.at, request->power_cut.mode,
                            power_fails, NULL);
    }
    net_when_received(request->power_cut.after_received, power_fails, NULL);

    static struct bootloader_report report;
    if (!choose_app(request, &report)) {
        boot_end(BOOT_END_NO_APP, report.reason.text);
    }

    const struct firmware *firmware =
        request->firmware_for != NULL
            ? request->firmware_for(report.image.descriptor.version, request->context)
            : NULL;
    static struct boot boot;
    boot = (struct boot){
        .device = request->device,
        .running = report.app,
        .image = report.image,
        .net = request->net,
        .module = firmware != NULL ? firmware_module(firmware) : NULL,
        .argument = request->argument,
        .release = request->release,
        .strict = request->strict,
        .check_leaks = request->check_leaks,
    };
    boot_set_current(&boot);
    boot_set_verbose(request->verbose);
    if (firmware != NULL) {
        boot.signing = firmware_signing(firmware);
        run_firmware(firmware, request);
    }
    boot_end(BOOT_END_IDLE, NULL);
}

static bool ended_by_itself(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) >= BOOT_EXIT_BASE &&
           WEXITSTATUS(status) < BOOT_EXIT_BASE + BOOT_END_COUNT;
}

/* A process that ended without a word in the trace. */
static void read_foreign_status(int status, struct boot_result *result)
{
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
}

static void read_status(int status, const struct boot_crash *crash, bool verbose,
                        struct boot_result *result)
{
    result->detail[0] = '\0';
    bool has_said_so = ended_by_itself(status) && crash->reason[0] == '\0';
    if (ended_by_itself(status)) {
        result->end = (enum boot_end_kind)(WEXITSTATUS(status) - BOOT_EXIT_BASE);
        snprintf(result->detail, sizeof result->detail, "%s", crash->reason);
    } else {
        read_foreign_status(status, result);
    }
    if (!has_said_so) {
        trace_recordf("end", "{s:s, s:s}", "how", boot_end_name(result->end), "detail",
                      result->detail);
        if (verbose) {
            puts(result->detail);
        }
    }
    backtrace_record(crash);
}

/* A process costs more than such a boot does. */
static bool needs_no_process(const struct boot_request *request)
{
    return request->idles && request->resume_at == NULL && request->journal_fd <= 0 &&
           request->power_cut.mode == FLASH_CUT_NONE && request->power_dip.after_us == 0 &&
           request->fault.flash_op == 0 && request->fault.flash_rot == 0;
}

static void run_here(const struct boot_request *request, struct boot_result *result)
{
    static struct bootloader_report report;
    trace_open(request->trace_fd);
    device_set_current(request->device);
    boot_observe_flash(request->device, observe, NULL);
    quirk_forget_met();
    bool booted = choose_app(request, &report);
    flash_observe(request->device->flash, NULL, NULL);
    trace_heap();
    result->end = booted ? BOOT_END_IDLE : BOOT_END_NO_APP;
    boot_record_end(result->end, booted ? NULL : report.reason.text);
    device_set_current(NULL);
    trace_open(-1);
}

bool boot_process_run(const struct boot_request *request, struct boot_result *result,
                      struct error *err)
{
    *result = (struct boot_result){0};
    request->device->boot_us = request->device->now_us;
    trace_stage();
    if (needs_no_process(request)) {
        run_here(request, result);
        return true;
    }
    struct boot_crash *crash = boot_crash_share();
    if (crash == NULL) {
        return host_fault_set(err, "out of memory");
    }
    net_prepare(); /* a boot would do it each time */
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        return host_fault_set(err, "fork: %s", strerror(errno));
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
    read_status(status, crash, request->verbose, result);
    result->sleeps_for_ever =
        result->end == BOOT_END_DEEP_SLEEP && request->device->sleep.sources == 0;
    if (result->end == BOOT_END_POWER_CUT) {
        boot_rtc_forget(request->device);
        request->device->has_last_app = false;
    }
    device_set_current(NULL);
    trace_open(-1);
    return true;
}
