/** What a C program and a library of the attacker's do first. */
export const report = (marker: string): string => `
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static void report(void) {
  char line[256], status[4096], space[64] = "";
  int in = open("/proc/self/status", O_RDONLY);
  ssize_t length = in < 0 ? 0 : read(in, status, sizeof status - 1);
  status[length < 0 ? 0 : length] = 0;
  char *caps = strstr(status, "CapEff:");
  ssize_t end = readlink("/proc/self/ns/user", space, sizeof space - 1);
  if (end < 0) strcpy(space, "unknown");
  int out = open("${marker}", O_WRONLY | O_APPEND);
  int count = snprintf(line, sizeof line, "%d %s %.16s\\n", (int)geteuid(), space, caps ? caps + 8 : "none");
  if (out >= 0 && write(out, line, count) < 0) _exit(9);
}
`;
