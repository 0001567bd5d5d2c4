#include "nvs_lock.h"

#include "scheduler.h"

static const struct rtos_task *owner; /* NULL also outside of any task */
static unsigned depth;

void nvs_lock(void)
{
    while (depth != 0 && owner != rtos_self()) {
        (void)rtos_wait(&depth, UINT64_MAX);
    }
    owner = rtos_self();
    depth++;
}

esp_err_t nvs_unlock(esp_err_t err)
{
    depth--;
    if (depth == 0 && rtos_wake_one(&depth) != NULL) {
        rtos_point();
    }
    return err;
}
