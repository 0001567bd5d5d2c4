/* FreeRTOS types and ticks, as in ESP-IDF. A tick is virtual time; its length is the firmware's
 * CONFIG_FREERTOS_HZ. */
#pragma once

#if __has_include("sdkconfig.h")
#include "sdkconfig.h"
#endif

#include <stddef.h>
#include <stdint.h>

typedef int BaseType_t;
typedef unsigned int UBaseType_t;
typedef uint32_t TickType_t;
typedef uint8_t StackType_t;

#define pdFALSE ((BaseType_t)0)
#define pdTRUE  ((BaseType_t)1)
#define pdFAIL  pdFALSE
#define pdPASS  pdTRUE

#ifdef CONFIG_FREERTOS_HZ
#define configTICK_RATE_HZ CONFIG_FREERTOS_HZ
#else
#define configTICK_RATE_HZ 100
#endif

#define portMAX_DELAY      ((TickType_t)0xFFFFFFFFUL)
#define portTICK_PERIOD_MS ((TickType_t)(1000 / configTICK_RATE_HZ))
#define portTICK_RATE_MS   portTICK_PERIOD_MS

#define pdMS_TO_TICKS(ms)    ((TickType_t)(((uint64_t)(ms)*configTICK_RATE_HZ) / 1000U))
#define pdTICKS_TO_MS(ticks) ((TickType_t)(((uint64_t)(ticks)*1000U) / configTICK_RATE_HZ))
