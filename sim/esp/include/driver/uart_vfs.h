/* The console as a file, as in ESP-IDF's driver/uart_vfs.h: it always is one here. */
#pragma once

#include "esp_err.h"
#include "esp_vfs_common.h"

#ifdef __cplusplus
extern "C" {
#endif

void uart_vfs_dev_use_driver(int uart_num);
void uart_vfs_dev_use_nonblocking(int uart_num);
int uart_vfs_dev_port_set_rx_line_endings(int uart_num, esp_line_endings_t mode);
int uart_vfs_dev_port_set_tx_line_endings(int uart_num, esp_line_endings_t mode);

#ifdef __cplusplus
}
#endif
