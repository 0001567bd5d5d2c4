/* Alarms that a task of the system rings: what both kinds of timers are made of. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rtos_alarm {
    struct rtos_alarm *next;
    uint64_t due_us;    /* virtual time since the boot began */
    uint64_t period_us; /* 0: rings once */
    bool skips_missed;  /* a periodic one that comes too late rings once for all that it missed */
    bool active;
    void (*ring)(void *owner);
    void *owner;
};

/** A function that the task calls once. */
struct rtos_errand {
    void (*function)(void *first, uint32_t second);
    void *first;
    uint32_t second;
};

#define RTOS_MAX_ERRANDS 10 /* configTIMER_QUEUE_LENGTH */

struct rtos_alarm_service {
    const char *name; /* of its task */
    unsigned priority;
    uint32_t stack;
    struct rtos_task *task; /* made with the first use */
    struct rtos_alarm *alarms;
    struct rtos_errand errand[RTOS_MAX_ERRANDS];
    unsigned first_errand, errands;
};

/** Makes the service's task, if there is none yet. */
void rtos_alarm_serve(struct rtos_alarm_service *service);

/** Has the alarm ring at that time, and again with its period. One that is active is set anew. */
void rtos_alarm_start(struct rtos_alarm_service *service, struct rtos_alarm *alarm,
                      uint64_t due_us);
void rtos_alarm_stop(struct rtos_alarm_service *service, struct rtos_alarm *alarm);

/** When the next one rings; RTOS_FOR_EVER: none will. */
uint64_t rtos_alarm_next_us(const struct rtos_alarm_service *service);

/** false: too many are waiting. */
bool rtos_alarm_send(struct rtos_alarm_service *service, const struct rtos_errand *errand);
