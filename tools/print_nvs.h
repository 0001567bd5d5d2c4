/* The keys and values of an nvs partition, for people. */
#pragma once

#include "device.h"

/** Prints what the firmware of the device would find in it; changes nothing. The device is the
 * current one. */
void print_nvs(const struct partition *partition);
