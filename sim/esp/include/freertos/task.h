/* Tasks, as in FreeRTOS. There is one so far: the one that app_main runs in. */
#pragma once

#include "freertos/FreeRTOS.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tskTaskControlBlock *TaskHandle_t;

/** Lets virtual time pass. A boot that has waited for a week without end is idle, and ends as such.
 * The one name here that FreeRTOS does not have: the length of a tick is the firmware's. */
void otasim_task_delay_us(uint64_t us);

/** Virtual microseconds since the boot began. */
uint64_t otasim_task_time_us(void);

/** Deletes a task; NULL is the calling one, and when it was the last the boot is idle. */
void vTaskDelete(TaskHandle_t xTaskToDelete);

/** Waits for a number of ticks; 0 only yields. */
static inline void vTaskDelay(const TickType_t xTicksToDelay)
{
    otasim_task_delay_us((uint64_t)xTicksToDelay * 1000000U / configTICK_RATE_HZ);
}

static inline TickType_t xTaskGetTickCount(void)
{
    return (TickType_t)(otasim_task_time_us() * configTICK_RATE_HZ / 1000000U);
}

#define taskYIELD() otasim_task_delay_us(0)

#ifdef __cplusplus
}
#endif
