#include "boot_input.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "boot.h"
#include "files.h"
#include "temp_file.h"

static int open_text(const char *text)
{
    struct error err;
    struct temp_file file = TEMP_FILE_NONE;
    if (!temp_file_create(&file, "otasim-input", &err) ||
        !write_all(file.fd, "stdin", text, strlen(text), &err) ||
        lseek(file.fd, 0, SEEK_SET) != 0) {
        return -1;
    }
    return file.fd;
}

void boot_input_open(const char *text)
{
    int fd = text != NULL ? open_text(text) : open("/dev/null", O_RDONLY);
    if (fd < 0 || dup2(fd, STDIN_FILENO) < 0) {
        boot_end(BOOT_END_PANIC, "the harness could not open the firmware's stdin");
    }
    if (fd != STDIN_FILENO) {
        close(fd);
    }
}
