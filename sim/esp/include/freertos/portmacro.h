/* What of FreeRTOS depends on the chip: types, critical sections, yielding. One core is simulated,
 * and tasks switch only inside of calls, so a critical section has nothing to keep out. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int BaseType_t;
typedef unsigned int UBaseType_t;
typedef uint32_t TickType_t;
typedef uint8_t StackType_t;

#define portMAX_DELAY      ((TickType_t)0xFFFFFFFFUL)
#define portTICK_PERIOD_MS ((TickType_t)(1000 / configTICK_RATE_HZ))
#define portTICK_RATE_MS   portTICK_PERIOD_MS
#define portNUM_PROCESSORS 1

typedef struct {
    uint32_t owner;
    uint32_t count;
} portMUX_TYPE;
typedef portMUX_TYPE spinlock_t;

#define portMUX_FREE_VAL UINT32_C(0xB33FFFFF)
#define portMUX_INITIALIZER_UNLOCKED                                                               \
    {                                                                                              \
        .owner = portMUX_FREE_VAL, .count = 0                                                      \
    }
#define portMUX_INITIALIZE(mux) (*(mux) = (portMUX_TYPE)portMUX_INITIALIZER_UNLOCKED)

/** Nothing switches tasks until the section is left as often as it was entered. */
void vPortEnterCritical(portMUX_TYPE *mux);
void vPortExitCritical(portMUX_TYPE *mux);

#define portENTER_CRITICAL(mux)      vPortEnterCritical(mux)
#define portEXIT_CRITICAL(mux)       vPortExitCritical(mux)
#define portENTER_CRITICAL_ISR(mux)  vPortEnterCritical(mux)
#define portEXIT_CRITICAL_ISR(mux)   vPortExitCritical(mux)
#define portENTER_CRITICAL_SAFE(mux) vPortEnterCritical(mux)
#define portEXIT_CRITICAL_SAFE(mux)  vPortExitCritical(mux)

void vPortYield(void);
#define portYIELD()               vPortYield()
#define portYIELD_WITHIN_API()    vPortYield()
#define portYIELD_FROM_ISR(woken) vPortYieldFromISR(woken)
void vPortYieldFromISR(BaseType_t woken);

BaseType_t xPortGetCoreID(void);
bool xPortCanYield(void);
BaseType_t xPortInIsrContext(void);

void otasim_assert_failed(const char *function, const char *expression)
    __attribute__((__noreturn__));

#ifdef __cplusplus
}
#endif
