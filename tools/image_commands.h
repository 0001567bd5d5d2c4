/* The subcommands of `otasim image` that are not in cmd_image.c; argv[0] is the subcommand's name.
 */
#pragma once

int image_sign(int argc, char **argv);
int image_verify(int argc, char **argv);
int image_encrypt(int argc, char **argv);
int image_decrypt(int argc, char **argv);
