#include "driver/gpio.h"

#include <string.h>

#include "device.h"
#include "platform_trace.h"
#include "scheduler.h"

#define PINS(first, last) ((~0ull >> (63 - (last))) & (~0ull << (first)))

/* The pins that a chip has, and those of them that can only be read (the chips' data sheets). */
static const struct {
    const char *chip;
    uint64_t pins, only_input;
} chip_pins[] = {
    {"esp32", PINS(0, 23) | PINS(25, 27) | PINS(32, 39), PINS(34, 39)},
    {"esp32s2", PINS(0, 21) | PINS(26, 46), PINS(46, 46)},
    {"esp32s3", PINS(0, 21) | PINS(26, 48), 0},
    {"esp32c2", PINS(0, 20), 0},
    {"esp32c3", PINS(0, 21), 0},
    {"esp32c5", PINS(0, 28), 0},
    {"esp32c6", PINS(0, 30), 0},
    {"esp32c61", PINS(0, 29), 0},
    {"esp32h2", PINS(0, 27), 0},
    {"esp32p4", PINS(0, 54), 0},
};

/* Bit n: pin n. */
static struct {
    uint64_t input, output, high, pull_up, pull_down;
    uint64_t told, told_high; /* levels that were read are traced when they change */
    bool isr_service;
} gpio;

static size_t chip_row(void)
{
    const struct device *device = device_current();
    const char *chip = device != NULL && device->chip != NULL ? device->chip->name : "esp32s3";
    size_t i = sizeof chip_pins / sizeof chip_pins[0];
    while (--i > 0 && strcmp(chip_pins[i].chip, chip) != 0) {
    }
    return i;
}

static bool is_pin(int pin)
{
    return pin >= 0 && pin < 64 && (chip_pins[chip_row()].pins >> pin & 1) != 0;
}

static void set_bits(uint64_t *bits, uint64_t mask, bool on)
{
    *bits = on ? *bits | mask : *bits & ~mask;
}

static void set_mode(uint64_t pins, gpio_mode_t mode)
{
    set_bits(&gpio.input, pins, (mode & GPIO_MODE_INPUT) != 0);
    set_bits(&gpio.output, pins, (mode & GPIO_MODE_OUTPUT) != 0);
}

static esp_err_t check_pins(uint64_t pins, gpio_mode_t mode)
{
    size_t row = chip_row();
    bool too_much = (mode & GPIO_MODE_OUTPUT) != 0 && (pins & chip_pins[row].only_input) != 0;
    return pins == 0 || (pins & ~chip_pins[row].pins) != 0 || too_much ? ESP_ERR_INVALID_ARG
                                                                       : ESP_OK;
}

esp_err_t gpio_config(const gpio_config_t *pGPIOConfig)
{
    if (pGPIOConfig == NULL) {
        return platform_call(__func__, ESP_ERR_INVALID_ARG, NULL);
    }
    uint64_t pins = pGPIOConfig->pin_bit_mask;
    esp_err_t err = check_pins(pins, pGPIOConfig->mode);
    if (err == ESP_OK) {
        set_mode(pins, pGPIOConfig->mode);
        set_bits(&gpio.pull_up, pins, pGPIOConfig->pull_up_en == GPIO_PULLUP_ENABLE);
        set_bits(&gpio.pull_down, pins, pGPIOConfig->pull_down_en == GPIO_PULLDOWN_ENABLE);
    }
    return platform_call(__func__, err, "{s:I, s:i, s:b, s:b}", "pins", (long long)pins, "mode",
                         (int)pGPIOConfig->mode, "pull_up", (int)pGPIOConfig->pull_up_en,
                         "pull_down", (int)pGPIOConfig->pull_down_en);
}

/* A call that concerns one pin and has one argument, which `apply` may put into effect. */
static esp_err_t call(const char *name, gpio_num_t pin, const char *argument, int value, bool good,
                      void (*apply)(uint64_t pin, int value))
{
    esp_err_t err = is_pin(pin) && good ? ESP_OK : ESP_ERR_INVALID_ARG;
    if (err == ESP_OK && apply != NULL) {
        apply(1ull << pin, value);
    }
    return argument != NULL
               ? platform_call(name, err, "{s:i, s:i}", "pin", (int)pin, argument, value)
               : platform_call(name, err, "{s:i}", "pin", (int)pin);
}

static void reset(uint64_t pin, int unused)
{
    (void)unused;
    set_mode(pin, GPIO_MODE_DISABLE);
    set_bits(&gpio.pull_up, pin, true);
    set_bits(&gpio.pull_down, pin, false);
}

esp_err_t gpio_reset_pin(gpio_num_t gpio_num)
{
    return call(__func__, gpio_num, NULL, 0, true, reset);
}

static void apply_mode(uint64_t pin, int mode)
{
    set_mode(pin, (gpio_mode_t)mode);
}

esp_err_t gpio_set_direction(gpio_num_t gpio_num, gpio_mode_t mode)
{
    bool good = is_pin(gpio_num) && check_pins(1ull << gpio_num, mode) == ESP_OK;
    return call(__func__, gpio_num, "mode", (int)mode, good, apply_mode);
}

static void apply_pull(uint64_t pin, int pull)
{
    set_bits(&gpio.pull_up, pin, pull == GPIO_PULLUP_ONLY || pull == GPIO_PULLUP_PULLDOWN);
    set_bits(&gpio.pull_down, pin, pull == GPIO_PULLDOWN_ONLY || pull == GPIO_PULLUP_PULLDOWN);
}

esp_err_t gpio_set_pull_mode(gpio_num_t gpio_num, gpio_pull_mode_t pull)
{
    return call(__func__, gpio_num, "pull", (int)pull, (unsigned)pull <= GPIO_FLOATING, apply_pull);
}

static void apply_pull_up(uint64_t pin, int on)
{
    set_bits(&gpio.pull_up, pin, on != 0);
}

esp_err_t gpio_pullup_en(gpio_num_t gpio_num)
{
    return call(__func__, gpio_num, NULL, 1, true, apply_pull_up);
}

esp_err_t gpio_pullup_dis(gpio_num_t gpio_num)
{
    return call(__func__, gpio_num, NULL, 0, true, apply_pull_up);
}

static void apply_pull_down(uint64_t pin, int on)
{
    set_bits(&gpio.pull_down, pin, on != 0);
}

esp_err_t gpio_pulldown_en(gpio_num_t gpio_num)
{
    return call(__func__, gpio_num, NULL, 1, true, apply_pull_down);
}

esp_err_t gpio_pulldown_dis(gpio_num_t gpio_num)
{
    return call(__func__, gpio_num, NULL, 0, true, apply_pull_down);
}

esp_err_t gpio_set_drive_capability(gpio_num_t gpio_num, gpio_drive_cap_t strength)
{
    return call(__func__, gpio_num, "strength", (int)strength,
                (unsigned)strength < GPIO_DRIVE_CAP_MAX, NULL);
}

/* A blinking LED would fill the trace: only a level that changes is told. */
esp_err_t gpio_set_level(gpio_num_t gpio_num, uint32_t level)
{
    rtos_point();
    if (is_pin(gpio_num) && (gpio.high >> gpio_num & 1) == (level != 0)) {
        return ESP_OK;
    }
    if (is_pin(gpio_num)) {
        set_bits(&gpio.high, 1ull << gpio_num, level != 0);
    }
    return call(__func__, gpio_num, "level", level != 0, true, NULL);
}

/* What drives the pin, in the order of its strength. */
static bool level_of(int pin)
{
    const struct device *device = device_current();
    uint64_t bit = 1ull << pin;
    if (device != NULL && ((device->pins_low | device->pins_high) & bit) != 0) {
        return (device->pins_high & bit) != 0;
    }
    if ((gpio.output & bit) != 0) {
        return (gpio.high & bit) != 0;
    }
    return (gpio.pull_up & bit) != 0;
}

int gpio_get_level(gpio_num_t gpio_num)
{
    rtos_point(); /* applications poll it */
    if (!is_pin(gpio_num)) {
        return 0;
    }
    uint64_t bit = 1ull << gpio_num;
    bool high = (gpio.input & bit) != 0 && level_of(gpio_num);
    if ((gpio.told & bit) == 0 || ((gpio.told_high & bit) != 0) != high) {
        gpio.told |= bit;
        set_bits(&gpio.told_high, bit, high);
        platform_call(__func__, ESP_OK, "{s:i, s:i}", "pin", (int)gpio_num, "level", (int)high);
    }
    return high;
}

esp_err_t gpio_set_intr_type(gpio_num_t gpio_num, gpio_int_type_t intr_type)
{
    return call(__func__, gpio_num, "type", (int)intr_type, (unsigned)intr_type < GPIO_INTR_MAX,
                NULL);
}

esp_err_t gpio_intr_enable(gpio_num_t gpio_num)
{
    return call(__func__, gpio_num, NULL, 0, true, NULL);
}

esp_err_t gpio_intr_disable(gpio_num_t gpio_num)
{
    return call(__func__, gpio_num, NULL, 0, true, NULL);
}

esp_err_t gpio_install_isr_service(int intr_alloc_flags)
{
    esp_err_t err = gpio.isr_service ? ESP_ERR_INVALID_STATE : ESP_OK;
    gpio.isr_service = true;
    return platform_call(__func__, err, "{s:i}", "flags", intr_alloc_flags);
}

void gpio_uninstall_isr_service(void)
{
    gpio.isr_service = false;
    platform_call(__func__, ESP_OK, NULL);
}

esp_err_t gpio_isr_handler_add(gpio_num_t gpio_num, gpio_isr_t isr_handler, void *args)
{
    (void)args; /* it never comes to that */
    if (!gpio.isr_service) {
        return platform_call(__func__, ESP_ERR_INVALID_STATE, "{s:i}", "pin", (int)gpio_num);
    }
    return call(__func__, gpio_num, NULL, 0, isr_handler != NULL, NULL);
}

esp_err_t gpio_isr_handler_remove(gpio_num_t gpio_num)
{
    if (!gpio.isr_service) {
        return platform_call(__func__, ESP_ERR_INVALID_STATE, "{s:i}", "pin", (int)gpio_num);
    }
    return call(__func__, gpio_num, NULL, 0, true, NULL);
}

esp_err_t gpio_wakeup_enable(gpio_num_t gpio_num, gpio_int_type_t intr_type)
{
    bool good = intr_type == GPIO_INTR_LOW_LEVEL || intr_type == GPIO_INTR_HIGH_LEVEL;
    return call(__func__, gpio_num, "type", (int)intr_type, good, NULL);
}

esp_err_t gpio_wakeup_disable(gpio_num_t gpio_num)
{
    return call(__func__, gpio_num, NULL, 0, true, NULL);
}

esp_err_t gpio_hold_en(gpio_num_t gpio_num)
{
    return call(__func__, gpio_num, NULL, 0, true, NULL);
}

esp_err_t gpio_hold_dis(gpio_num_t gpio_num)
{
    return call(__func__, gpio_num, NULL, 0, true, NULL);
}
