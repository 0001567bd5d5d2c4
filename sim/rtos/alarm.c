#include "alarm.h"

#include <stddef.h>

#include "scheduler.h"

static struct rtos_alarm *next_of(const struct rtos_alarm_service *service)
{
    struct rtos_alarm *next = NULL;
    for (struct rtos_alarm *alarm = service->alarms; alarm != NULL; alarm = alarm->next) {
        if (next == NULL || alarm->due_us < next->due_us) {
            next = alarm;
        }
    }
    return next;
}

/* Nothing may be done with the alarm after it has rung: its owner may have deleted it. */
static void ring(struct rtos_alarm_service *service, struct rtos_alarm *alarm)
{
    void (*function)(void *) = alarm->ring;
    void *owner = alarm->owner;
    if (alarm->period_us == 0) {
        rtos_alarm_stop(service, alarm);
    } else {
        uint64_t now = rtos_now_us();
        alarm->due_us += alarm->period_us;
        if (alarm->skips_missed && alarm->due_us <= now) {
            alarm->due_us += (now - alarm->due_us) / alarm->period_us * alarm->period_us;
            alarm->due_us += alarm->due_us <= now ? alarm->period_us : 0;
        }
    }
    function(owner);
}

static void run_errand(struct rtos_alarm_service *service)
{
    struct rtos_errand errand = service->errand[service->first_errand];
    service->first_errand = (service->first_errand + 1) % RTOS_MAX_ERRANDS;
    service->errands--;
    errand.function(errand.first, errand.second);
}

static void serve(void *argument)
{
    struct rtos_alarm_service *service = argument;
    for (;;) {
        struct rtos_alarm *next = next_of(service);
        if (service->errands > 0) {
            run_errand(service);
        } else if (next != NULL && next->due_us <= rtos_now_us()) {
            ring(service, next);
        } else {
            rtos_wait(service, next != NULL ? next->due_us : RTOS_FOR_EVER);
        }
    }
}

void rtos_alarm_serve(struct rtos_alarm_service *service)
{
    if (service->task == NULL) {
        service->task =
            rtos_create(service->name, service->priority, service->stack, serve, service, false);
        RTOS_ASSERT(service->task != NULL);
        rtos_make_daemon(service->task);
    }
}

void rtos_alarm_start(struct rtos_alarm_service *service, struct rtos_alarm *alarm, uint64_t due_us)
{
    rtos_alarm_serve(service);
    alarm->due_us = due_us;
    if (!alarm->active) {
        alarm->active = true;
        struct rtos_alarm **end = &service->alarms;
        while (*end != NULL) {
            end = &(*end)->next;
        }
        alarm->next = NULL;
        *end = alarm;
    }
    rtos_wake_one(service);
}

void rtos_alarm_stop(struct rtos_alarm_service *service, struct rtos_alarm *alarm)
{
    for (struct rtos_alarm **at = &service->alarms; *at != NULL; at = &(*at)->next) {
        if (*at == alarm) {
            *at = alarm->next;
            break;
        }
    }
    alarm->active = false;
}

uint64_t rtos_alarm_next_us(const struct rtos_alarm_service *service)
{
    const struct rtos_alarm *next = next_of(service);
    return next != NULL ? next->due_us : RTOS_FOR_EVER;
}

bool rtos_alarm_send(struct rtos_alarm_service *service, const struct rtos_errand *errand)
{
    rtos_alarm_serve(service);
    if (service->errands == RTOS_MAX_ERRANDS) {
        return false;
    }
    service->errand[(service->first_errand + service->errands) % RTOS_MAX_ERRANDS] = *errand;
    service->errands++;
    rtos_wake_one(service);
    return true;
}
