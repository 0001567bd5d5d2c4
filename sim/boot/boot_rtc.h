/* RTC memory: variables of the firmware that a reset leaves alone. They are statics of its module
 * in sections of their own (esp_attr.h), copied from the device before app_main and back at the
 * end. As on the device an address holds what was written there, whichever app reads it: after a
 * change of app, RTC_DATA_ATTR after a wake-up and RTC_NOINIT_ATTR always are as the other app left
 * them. */
#pragma once

#include "device.h"
#include "firmware_module.h"

/** Brings the module's RTC variables to what they are after the device's reset reason. False with
 * err set if they need more RTC memory than there is. */
bool boot_rtc_restore(const struct firmware_rtc *rtc, struct device *device, struct error *err);

/** Keeps them for the next boot. Safe in a signal handler. Does nothing unless restored before. */
void boot_rtc_save(void);

/** Power is gone: RTC memory holds noise afterwards, the same every time. */
void boot_rtc_forget(struct device *device);
