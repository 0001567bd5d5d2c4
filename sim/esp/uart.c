#include "driver/uart.h"

#include <stdio.h>

#include "boot.h"
#include "driver/uart_vfs.h"
#include "esp_vfs_dev.h"
#include "platform_trace.h"
#include "scheduler.h"

#define FIFO_BYTES 128

static bool installed[UART_NUM_MAX];

static bool is_port(uart_port_t port)
{
    return (unsigned)port < UART_NUM_MAX;
}

static bool has_driver(uart_port_t port)
{
    return is_port(port) && installed[port];
}

esp_err_t uart_driver_install(uart_port_t uart_num, int rx_buffer_size, int tx_buffer_size,
                              int queue_size, QueueHandle_t *uart_queue, int intr_alloc_flags)
{
    (void)tx_buffer_size;
    (void)intr_alloc_flags;
    esp_err_t err = is_port(uart_num) && rx_buffer_size > FIFO_BYTES && !installed[uart_num]
                        ? ESP_OK
                        : ESP_FAIL;
    if (err == ESP_OK && uart_queue != NULL && queue_size > 0) {
        *uart_queue = xQueueCreate((UBaseType_t)queue_size, 16);
        err = *uart_queue != NULL ? ESP_OK : ESP_FAIL;
    }
    if (err == ESP_OK) {
        installed[uart_num] = true;
    }
    return platform_call(__func__, err, "{s:i}", "port", (int)uart_num);
}

static esp_err_t call(const char *name, uart_port_t port, bool good)
{
    return platform_call(name, good ? ESP_OK : ESP_FAIL, "{s:i}", "port", (int)port);
}

esp_err_t uart_driver_delete(uart_port_t uart_num)
{
    if (is_port(uart_num)) {
        installed[uart_num] = false;
    }
    return call(__func__, uart_num, is_port(uart_num));
}

bool uart_is_driver_installed(uart_port_t uart_num)
{
    return has_driver(uart_num);
}

esp_err_t uart_param_config(uart_port_t uart_num, const uart_config_t *uart_config)
{
    return call(__func__, uart_num, is_port(uart_num) && uart_config != NULL);
}

esp_err_t uart_set_pin(uart_port_t uart_num, int tx_io_num, int rx_io_num, int rts_io_num,
                       int cts_io_num)
{
    return platform_call(__func__, is_port(uart_num) ? ESP_OK : ESP_FAIL,
                         "{s:i, s:i, s:i, s:i, s:i}", "port", (int)uart_num, "tx", tx_io_num, "rx",
                         rx_io_num, "rts", rts_io_num, "cts", cts_io_num);
}

esp_err_t uart_set_baudrate(uart_port_t uart_num, uint32_t baudrate)
{
    return call(__func__, uart_num, is_port(uart_num) && baudrate != 0);
}

static uint32_t read_console(uint8_t *bytes, uint32_t length)
{
    uint32_t count = 0;
    int byte;
    while (count < length && (byte = getc(stdin)) != EOF) {
        bytes[count++] = (uint8_t)byte;
    }
    return count;
}

int uart_read_bytes(uart_port_t uart_num, void *buf, uint32_t length, TickType_t ticks_to_wait)
{
    if (!has_driver(uart_num) || buf == NULL || length == 0) {
        return -1;
    }
    uint32_t count = uart_num == UART_NUM_0 ? read_console(buf, length) : 0;
    if (count < length) {
        rtos_wait(&installed[uart_num], rtos_deadline(ticks_to_wait));
    }
    return (int)count;
}

int uart_write_bytes(uart_port_t uart_num, const void *src, size_t size)
{
    if (!has_driver(uart_num) || src == NULL) {
        return -1;
    }
    if (uart_num == UART_NUM_0 && boot_is_verbose()) {
        fwrite(src, 1, size, stdout);
    }
    platform_call(__func__, ESP_OK, "{s:i, s:I}", "port", (int)uart_num, "length", (long long)size);
    return (int)size;
}

esp_err_t uart_flush_input(uart_port_t uart_num)
{
    return call(__func__, uart_num, has_driver(uart_num));
}

esp_err_t uart_flush(uart_port_t uart_num)
{
    return uart_flush_input(uart_num);
}

esp_err_t uart_wait_tx_done(uart_port_t uart_num, TickType_t ticks_to_wait)
{
    (void)ticks_to_wait;
    return has_driver(uart_num) ? ESP_OK : ESP_FAIL;
}

void uart_vfs_dev_use_driver(int uart_num)
{
    platform_call(__func__, ESP_OK, "{s:i}", "port", uart_num);
}

void uart_vfs_dev_use_nonblocking(int uart_num)
{
    platform_call(__func__, ESP_OK, "{s:i}", "port", uart_num);
}

static int set_line_endings(const char *name, int port, esp_line_endings_t mode)
{
    esp_err_t err = is_port((uart_port_t)port) ? ESP_OK : ESP_FAIL;
    return platform_call(name, err, "{s:i, s:i}", "port", port, "mode", (int)mode);
}

int uart_vfs_dev_port_set_rx_line_endings(int uart_num, esp_line_endings_t mode)
{
    return set_line_endings(__func__, uart_num, mode);
}

int uart_vfs_dev_port_set_tx_line_endings(int uart_num, esp_line_endings_t mode)
{
    return set_line_endings(__func__, uart_num, mode);
}

void esp_vfs_dev_uart_use_driver(int uart_num)
{
    uart_vfs_dev_use_driver(uart_num);
}

int esp_vfs_dev_uart_port_set_rx_line_endings(int uart_num, esp_line_endings_t mode)
{
    return set_line_endings(__func__, uart_num, mode);
}

int esp_vfs_dev_uart_port_set_tx_line_endings(int uart_num, esp_line_endings_t mode)
{
    return set_line_endings(__func__, uart_num, mode);
}
