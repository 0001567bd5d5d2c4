/* What the ROM and the bootloader print at a serial port when a boot begins. */
#pragma once

#include "bootloader.h"
#include "device.h"

/** Prints the reset and what was loaded to stdout, as an ESP32-S3 words it. */
void serial_boot_print(const struct device *device, const struct bootloader_report *report);
