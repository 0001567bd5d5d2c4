#include "watchdog.h"

#include <string.h>

#include "boot.h"
#include "esp_log.h"
#include "esp_task_wdt.h"
#include "scheduler.h"

#define MAX_USERS 16
#define TAG       "task_wdt"

struct esp_task_wdt_user_handle_s {
    bool used;
    bool was_reset;
    const struct rtos_task *task; /* NULL: the idle task or a user without a task */
    const char *name;
};

static struct {
    bool decided; /* the sdkconfig's choice to start it is taken over */
    bool started;
    bool panics;
    uint64_t timeout_us;
    uint64_t since_us; /* when all had reset it, or when it barked */
    struct esp_task_wdt_user_handle_s users[MAX_USERS];
} dog;

static struct esp_task_wdt_user_handle_s *find(const struct rtos_task *task, const char *name)
{
    for (size_t i = 0; i < MAX_USERS; i++) {
        struct esp_task_wdt_user_handle_s *user = &dog.users[i];
        if (user->used && user->task == task &&
            (name == NULL || (user->name != NULL && strcmp(user->name, name) == 0))) {
            return user;
        }
    }
    return NULL;
}

static struct esp_task_wdt_user_handle_s *add(const struct rtos_task *task, const char *name)
{
    for (size_t i = 0; i < MAX_USERS; i++) {
        struct esp_task_wdt_user_handle_s *user = &dog.users[i];
        if (!user->used) {
            *user = (struct esp_task_wdt_user_handle_s){.used = true, .task = task, .name = name};
            return user;
        }
    }
    return NULL;
}

static void watch_idle(bool wanted)
{
    struct esp_task_wdt_user_handle_s *user = find(NULL, "IDLE0");
    if (wanted && user == NULL) {
        add(NULL, "IDLE0");
    } else if (!wanted && user != NULL) {
        user->used = false;
    }
}

static void start(uint64_t timeout_us, bool idle, bool panics)
{
    dog.started = true;
    dog.timeout_us = timeout_us;
    dog.panics = panics;
    dog.since_us = rtos_now_us();
    watch_idle(idle);
}

static void decide(void)
{
    const struct rtos_config *config = rtos_config();
    if (!dog.decided) {
        dog.decided = true;
        if (config->watchdog_timeout_s != 0) {
            start(config->watchdog_timeout_s * UINT64_C(1000000), !config->watchdog_skips_idle,
                  config->watchdog_panics);
            dog.since_us = 0;
        }
    }
}

static bool all_were_reset(void)
{
    for (size_t i = 0; i < MAX_USERS; i++) {
        if (dog.users[i].used && !dog.users[i].was_reset) {
            return false;
        }
    }
    return true;
}

static void reset_user(struct esp_task_wdt_user_handle_s *user)
{
    user->was_reset = true;
    if (!all_were_reset()) {
        return;
    }
    dog.since_us = rtos_now_us();
    for (size_t i = 0; i < MAX_USERS; i++) {
        dog.users[i].was_reset = false;
    }
}

void watchdog_idle_ran(void)
{
    decide();
    struct esp_task_wdt_user_handle_s *user = find(NULL, "IDLE0");
    if (user != NULL) {
        reset_user(user);
    }
}

uint64_t watchdog_next_us(bool only_if_fatal)
{
    decide();
    if (!dog.started || (only_if_fatal && !dog.panics)) {
        return RTOS_FOR_EVER;
    }
    for (size_t i = 0; i < MAX_USERS; i++) {
        const struct esp_task_wdt_user_handle_s *user = &dog.users[i];
        bool is_idle = user->task == NULL && user->name != NULL && strcmp(user->name, "IDLE0") == 0;
        if (user->used && !user->was_reset && !is_idle) {
            return dog.since_us + dog.timeout_us;
        }
    }
    return RTOS_FOR_EVER;
}

void watchdog_check(void)
{
    decide();
    if (!dog.started || all_were_reset() || rtos_now_us() < dog.since_us + dog.timeout_us) {
        return;
    }
    dog.since_us = rtos_now_us();
    ESP_LOGE(TAG, "Task watchdog got triggered. The following tasks/users did not reset the "
                  "watchdog in time:");
    for (size_t i = 0; i < MAX_USERS; i++) {
        const struct esp_task_wdt_user_handle_s *user = &dog.users[i];
        if (user->used && !user->was_reset) {
            ESP_LOGE(TAG, " - %s (CPU 0)", user->task != NULL ? rtos_name(user->task) : user->name);
        }
    }
    ESP_LOGE(TAG, "Tasks currently running:");
    const struct rtos_task *self = rtos_self();
    ESP_LOGE(TAG, "CPU 0: %s", rtos_state_of(self) == RTOS_READY ? rtos_name(self) : "IDLE0");
    if (dog.panics) {
        ESP_LOGE(TAG, "Aborting.");
        boot_end(BOOT_END_WATCHDOG, "task watchdog got triggered");
    }
}

void watchdog_forget(const struct rtos_task *task)
{
    struct esp_task_wdt_user_handle_s *user = find(task, NULL);
    if (user != NULL) {
        user->used = false;
    }
}

esp_err_t esp_task_wdt_init(const esp_task_wdt_config_t *config)
{
    decide();
    if (config == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (dog.started) {
        return ESP_ERR_INVALID_STATE;
    }
    start(config->timeout_ms * UINT64_C(1000), (config->idle_core_mask & 1) != 0,
          config->trigger_panic);
    return ESP_OK;
}

esp_err_t esp_task_wdt_reconfigure(const esp_task_wdt_config_t *config)
{
    decide();
    if (config == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!dog.started) {
        return ESP_ERR_INVALID_STATE;
    }
    start(config->timeout_ms * UINT64_C(1000), (config->idle_core_mask & 1) != 0,
          config->trigger_panic);
    return ESP_OK;
}

esp_err_t esp_task_wdt_deinit(void)
{
    decide();
    watch_idle(false);
    for (size_t i = 0; i < MAX_USERS; i++) {
        if (dog.users[i].used) {
            watch_idle(true);
            return ESP_ERR_INVALID_STATE;
        }
    }
    if (!dog.started) {
        return ESP_ERR_INVALID_STATE;
    }
    dog.started = false;
    return ESP_OK;
}

static const struct rtos_task *or_self(TaskHandle_t task)
{
    return task != NULL ? (const struct rtos_task *)task : rtos_self();
}

esp_err_t esp_task_wdt_add(TaskHandle_t task_handle)
{
    decide();
    const struct rtos_task *task = or_self(task_handle);
    if (!dog.started) {
        return ESP_ERR_INVALID_STATE;
    }
    if (find(task, NULL) != NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    struct esp_task_wdt_user_handle_s *user = add(task, NULL);
    if (user == NULL) {
        return ESP_ERR_NO_MEM;
    }
    reset_user(user);
    return ESP_OK;
}

esp_err_t esp_task_wdt_add_user(const char *user_name, esp_task_wdt_user_handle_t *user_handle_ret)
{
    decide();
    if (user_name == NULL || user_handle_ret == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!dog.started) {
        return ESP_ERR_INVALID_STATE;
    }
    struct esp_task_wdt_user_handle_s *user = add(NULL, user_name);
    if (user == NULL) {
        return ESP_ERR_NO_MEM;
    }
    reset_user(user);
    *user_handle_ret = user;
    return ESP_OK;
}

esp_err_t esp_task_wdt_reset(void)
{
    decide();
    if (!dog.started) {
        return ESP_ERR_INVALID_STATE;
    }
    struct esp_task_wdt_user_handle_s *user = find(rtos_self(), NULL);
    if (user == NULL) {
        return ESP_ERR_NOT_FOUND;
    }
    reset_user(user);
    rtos_point();
    return ESP_OK;
}

static esp_err_t check_user(esp_task_wdt_user_handle_t user)
{
    if (user == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!dog.started) {
        return ESP_ERR_INVALID_STATE;
    }
    if (!user->used) {
        return ESP_ERR_NOT_FOUND;
    }
    return ESP_OK;
}

esp_err_t esp_task_wdt_reset_user(esp_task_wdt_user_handle_t user_handle)
{
    esp_err_t err = check_user(user_handle);
    if (err == ESP_OK) {
        reset_user(user_handle);
    }
    return err;
}

esp_err_t esp_task_wdt_delete(TaskHandle_t task_handle)
{
    decide();
    if (!dog.started) {
        return ESP_ERR_INVALID_STATE;
    }
    struct esp_task_wdt_user_handle_s *user = find(or_self(task_handle), NULL);
    if (user == NULL) {
        return ESP_ERR_NOT_FOUND;
    }
    user->used = false;
    return ESP_OK;
}

esp_err_t esp_task_wdt_delete_user(esp_task_wdt_user_handle_t user_handle)
{
    esp_err_t err = check_user(user_handle);
    if (err == ESP_OK) {
        user_handle->used = false;
    }
    return err;
}

esp_err_t esp_task_wdt_status(TaskHandle_t task_handle)
{
    decide();
    if (!dog.started) {
        return ESP_ERR_INVALID_STATE;
    }
    return find(or_self(task_handle), NULL) != NULL ? ESP_OK : ESP_ERR_NOT_FOUND;
}
