/* Replays inputs of a fuzz target: each file given, and each file of each folder given. For
 * compilers without libFuzzer, and for the test suite. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned replayed;

static bool replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size > 0 ? size : 1); /* exactly: a sanitizer minds its end */
    bool ok = file != NULL && data != NULL && fread(data, 1, size, file) == size;
    if (ok) {
        fprintf(stderr, "%s\n", path); /* the last one named is the one that fails */
        LLVMFuzzerTestOneInput(data, size);
        replayed++;
    } else {
        perror(path);
    }
    free(data);
    if (file != NULL) {
        fclose(file);
    }
    return ok;
}

static bool replay(const char *path);

static bool replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        perror(path);
        return false;
    }
    bool ok = true;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char inner[1024];
        int length = snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.') {
            ok = length > 0 && (size_t)length < sizeof inner && replay(inner) && ok;
        }
    }
    closedir(folder);
    return ok;
}

static bool replay(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        perror(path);
        return false;
    }
    return S_ISDIR(status.st_mode) ? replay_folder(path)
                                   : replay_file(path, (size_t)status.st_size);
}

int main(int argc, char **argv)
{
    bool ok = true;
    for (int i = 1; i < argc; i++) {
        ok = replay(argv[i]) && ok;
    }
    printf("%u inputs\n", replayed);
    return ok && replayed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
