#include "boot_rtc.h"

#include <string.h>

static const struct firmware_rtc *kept;
static struct device *keeper;

static size_t data_size(const struct firmware_rtc *rtc)
{
    return (size_t)(rtc->data_end - rtc->data);
}

static size_t noinit_size(const struct firmware_rtc *rtc)
{
    return (size_t)(rtc->noinit_end - rtc->noinit);
}

/* Variables that nothing initialises grow from the other end, so that a new variable of one kind
 * does not move those of the other. */
static uint8_t *noinit_place(struct device *device, const struct firmware_rtc *rtc)
{
    return device->rtc_memory + sizeof device->rtc_memory - noinit_size(rtc);
}

bool boot_rtc_restore(const struct firmware_rtc *rtc, struct device *device, struct error *err)
{
    size_t wanted = data_size(rtc) + noinit_size(rtc);
    if (wanted > sizeof device->rtc_memory) {
        return error_set(err, "RTC memory: the variables take %zu bytes of %zu", wanted,
                         sizeof device->rtc_memory);
    }
    if (device->reset_reason == DEVICE_RESET_DEEPSLEEP && data_size(rtc) > 0) {
        memcpy(rtc->data, device->rtc_memory, data_size(rtc));
    }
    if (noinit_size(rtc) > 0) {
        memcpy(rtc->noinit, noinit_place(device, rtc), noinit_size(rtc));
    }
    kept = rtc;
    keeper = device;
    return true;
}

void boot_rtc_save(void)
{
    if (kept == NULL) {
        return;
    }
    if (data_size(kept) > 0) {
        memcpy(keeper->rtc_memory, kept->data, data_size(kept));
    }
    if (noinit_size(kept) > 0) {
        memcpy(noinit_place(keeper, kept), kept->noinit, noinit_size(kept));
    }
}

void boot_rtc_forget(struct device *device)
{
    /* xorshift32: any noise does that no magic number of a firmware is likely to equal. */
    uint32_t noise = 0x2545F491;
    for (size_t i = 0; i < sizeof device->rtc_memory; i++) {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        device->rtc_memory[i] = (uint8_t)noise;
    }
}
