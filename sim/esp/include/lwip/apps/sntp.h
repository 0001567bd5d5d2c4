/* SNTP by the names of lwIP. */
#pragma once

#include "esp_sntp.h"
