/* What of FreeRTOS depends on the chip. */
#include "esp_heap_caps.h"
#include "freertos/FreeRTOS.h"
#include "scheduler.h"

void vPortEnterCritical(portMUX_TYPE *mux)
{
    (void)mux;
    rtos_lock();
}

void vPortExitCritical(portMUX_TYPE *mux)
{
    (void)mux;
    rtos_unlock();
}

void vPortYield(void)
{
    rtos_yield();
}

void vPortYieldFromISR(BaseType_t woken)
{
    if (woken != pdFALSE) {
        rtos_point();
    }
}

BaseType_t xPortGetCoreID(void)
{
    return 0;
}

bool xPortCanYield(void)
{
    return !rtos_is_locked();
}

BaseType_t xPortInIsrContext(void)
{
    return pdFALSE;
}

void *pvPortMalloc(size_t size)
{
    return heap_caps_malloc(size, MALLOC_CAP_DEFAULT);
}

void vPortFree(void *memory)
{
    heap_caps_free(memory);
}

size_t xPortGetFreeHeapSize(void)
{
    return heap_caps_get_free_size(MALLOC_CAP_DEFAULT);
}

size_t xPortGetMinimumEverFreeHeapSize(void)
{
    return heap_caps_get_minimum_free_size(MALLOC_CAP_DEFAULT);
}

_Noreturn void otasim_assert_failed(const char *function, const char *expression)
{
    rtos_assert_failed(function, expression);
}
