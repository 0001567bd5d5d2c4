/* FreeRTOS types, constants and ticks, as in ESP-IDF. A tick is virtual time. */
#pragma once

#if __has_include("sdkconfig.h")
#include "sdkconfig.h"
#endif

#include <stddef.h>
#include <stdint.h>

#include "freertos/projdefs.h"

#ifdef CONFIG_FREERTOS_HZ
#define configTICK_RATE_HZ CONFIG_FREERTOS_HZ
#else
#define configTICK_RATE_HZ 100
#endif

#define configMAX_PRIORITIES                  25
#define configMAX_TASK_NAME_LEN               16
#define configMINIMAL_STACK_SIZE              768
#define configTIMER_TASK_PRIORITY             1
#define configTIMER_QUEUE_LENGTH              10
#define configTASK_NOTIFICATION_ARRAY_ENTRIES 1
#define configNUMBER_OF_CORES                 1
#define configUSE_PREEMPTION                  1
#define configUSE_TIME_SLICING                1
#define configUSE_MUTEXES                     1
#define configUSE_RECURSIVE_MUTEXES           1
#define configUSE_COUNTING_SEMAPHORES         1
#define configUSE_TIMERS                      1
#define configUSE_TASK_NOTIFICATIONS          1
#define configUSE_16_BIT_TICKS                0
#define configSUPPORT_DYNAMIC_ALLOCATION      1
#define configSUPPORT_STATIC_ALLOCATION       1
#define INCLUDE_vTaskDelay                    1
#define INCLUDE_vTaskDelete                   1
#define INCLUDE_vTaskSuspend                  1
#define INCLUDE_vTaskPrioritySet              1
#define INCLUDE_uxTaskPriorityGet             1
#define INCLUDE_xTaskGetCurrentTaskHandle     1
#define INCLUDE_uxTaskGetStackHighWaterMark   1

#include "freertos/portmacro.h"

/** A check that fails ends the boot as a panic. */
#define configASSERT(condition)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            otasim_assert_failed(__func__, #condition);                                            \
        }                                                                                          \
    } while (0)

/* Memory for what is created statically; its size is not that of the device. */
typedef struct {
    void *otasim_opaque[4];
} StaticTask_t;
typedef struct {
    void *otasim_opaque[12];
} StaticQueue_t;
typedef StaticQueue_t StaticSemaphore_t;
typedef struct {
    void *otasim_opaque[4];
} StaticEventGroup_t;
typedef struct {
    void *otasim_opaque[16];
} StaticTimer_t;

#include "freertos/portable.h"
