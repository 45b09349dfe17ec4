// SPDX-License-Identifier: MIT
// grep: the lines that match a regular expression. Exit status: 0 if there was one, 1 if not, 2 after
// an error.

#include "command.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    bool invert, count, names_only, numbers, quiet, no_name, with_name;
    bool fixed, ignore_case;
} options;

static regex_t regex;
static const char *pattern;
static bool matched_any;

static bool line_matches(const char *line)
{
    if (options.fixed && !options.ignore_case)
        return strstr(line, pattern) != NULL;
    return regexec(&regex, line, 0, NULL, 0) == 0;
}

// Searches a stream. Returns false if nothing more needs to be searched.
static bool search(FILE *stream, const char *path)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    unsigned long number = 0, matches = 0;

    while ((length = getline(&line, &room, stream)) >= 0) {
        number++;
        if (length != 0 && line[length - 1] == '\n')
            line[length - 1] = '\0';
        if (line_matches(line) == options.invert)
            continue;
        matched_any = true;
        matches++;
        if (options.quiet || options.names_only)
            break;
        if (options.count)
            continue;
        if (options.with_name)
            printf("%s:", path);
        if (options.numbers)
            printf("%lu:", number);
        puts(line);
        if (ferror(stdout))
            break;
    }
    if (ferror(stream))
        command_error(path);
    free(line);
    if (options.names_only && matches != 0 && !options.quiet)
        puts(path);
    if (options.count && !options.quiet) {
        if (options.with_name)
            printf("%s:", path);
        printf("%lu\n", matches);
    }
    return !(options.quiet && matched_any) && !ferror(stdout);
}

// Puts a backslash before what means something in an extended expression.
static char *quote(const char *text)
{
    char *quoted = command_allocate(2 * strlen(text) + 1), *to = quoted;

    for (; *text != '\0'; text++) {
        if (strchr("\\.[]()*+?{}|^$", *text) != NULL)
            *to++ = '\\';
        *to++ = *text;
    }
    *to = '\0';
    return quoted;
}

static bool compile(bool extended)
{
    char message[128];
    char *quoted = options.fixed ? quote(pattern) : NULL;
    int flags = REG_NOSUB | (extended || options.fixed ? REG_EXTENDED : 0) |
                (options.ignore_case ? REG_ICASE : 0);
    int error = regcomp(&regex, quoted != NULL ? quoted : pattern, flags);

    free(quoted);
    if (error != 0) {
        regerror(error, &regex, message, sizeof(message));
        command_complain("%s: %s", pattern, message);
    }
    return error == 0;
}

static bool read_options(int argc, char **argv)
{
    bool extended = false;
    int option;

    while ((option = getopt(argc, argv, "EFivnclqhHe:")) != -1) {
        switch (option) {
        case 'E': extended = true; break;
        case 'F': options.fixed = true; break;
        case 'i': options.ignore_case = true; break;
        case 'v': options.invert = true; break;
        case 'n': options.numbers = true; break;
        case 'c': options.count = true; break;
        case 'l': options.names_only = true; break;
        case 'q': options.quiet = true; break;
        case 'h': options.no_name = true; break;
        case 'H': options.with_name = true; break;
        case 'e': pattern = optarg; break;
        default: return false;
        }
    }
    if (pattern == NULL && optind < argc)
        pattern = argv[optind++];
    if (pattern == NULL)
        return false;
    options.with_name = (options.with_name || argc - optind > 1) && !options.no_name;
    return compile(extended);
}

int main(int argc, char **argv)
{
    command_start(argv, "[-EFivnclqhH] [-e] PATTERN [FILE...]");
    if (!read_options(argc, argv))
        return command_usage();
    char *only[] = {"-", NULL};
    for (char **path = optind < argc ? argv + optind : only; *path != NULL; path++) {
        int fd = command_open(*path);
        FILE *stream = fd < 0 ? NULL : fd == STDIN_FILENO ? stdin : fdopen(fd, "r");

        if (stream == NULL)
            continue;
        bool more = search(stream, fd == STDIN_FILENO ? "(standard input)" : *path);
        if (stream != stdin)
            fclose(stream);
        if (!more)
            break;
    }
    regfree(&regex);
    if (command_end() != 0 && !(options.quiet && matched_any))
        return STATUS_USAGE;
    return matched_any ? 0 : 1;
}
