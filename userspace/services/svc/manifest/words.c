// SPDX-License-Identifier: MIT
//
// The words of a manifest's line. Pure functions over one line.

#include <manifest/words.h>

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

// Copies the inside of a quoted word to `to`, which is not behind `from`; both lie in the line.
// Returns where to go on, or NULL if the quote is never closed.
static char *copy_quoted(char *from, char **to)
{
    for (; *from != '\0' && *from != '"'; from++) {
        if (*from == '\\' && (from[1] == '"' || from[1] == '\\')) {
            from++;
        }
        *(*to)++ = *from;
    }
    return *from == '"' ? from + 1 : NULL;
}

// Cuts the word at *at; moves *at behind it. Returns the word, or NULL if a quote is not closed.
static char *cut_word(char **at)
{
    char *word = *at, *to = *at, *from = *at;

    while (*from != '\0' && *from != '#' && !is_blank(*from)) {
        if (*from == '"') {
            from = copy_quoted(from + 1, &to);
            if (from == NULL) {
                return NULL;
            }
        } else {
            *to++ = *from++;
        }
    }
    // The NUL may take the place of the character that ended the word.
    *at = from + (is_blank(*from) ? 1 : 0);
    if (*from == '#') {
        *from = '\0';
        *at = from;
    }
    *to = '\0';
    return word;
}

// Cuts a line (NUL-terminated) into words, in place, quotes and comment taken away. Returns their
// number; 0 with *out_problem set if the line is no row of words.
static uint32_t cut_words(char *line, char *words[MANIFEST_LINE_WORDS], const char **out_problem)
{
    uint32_t count = 0;

    *out_problem = NULL;
    for (const char *c = line; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 && !is_blank(*c)) {
            *out_problem = "a control character";
            return 0;
        }
    }
    for (;;) {
        while (is_blank(*line)) {
            line++;
        }
        if (*line == '\0' || *line == '#' || count == MANIFEST_LINE_WORDS) {
            return count;
        }
        words[count] = cut_word(&line);
        if (words[count++] == NULL) {
            *out_problem = "a quote that is not closed";
            return 0;
        }
    }
}

// Ends the line at `text` with a NUL, also in place of a carriage return. Returns where the next one
// begins; *out_whole is false if the line has a NUL of its own.
static char *end_line(char *text, char *end, bool *out_whole)
{
    char *newline = memchr(text, '\n', (size_t)(end - text));
    char *stop = newline != NULL ? newline : end;

    *out_whole = memchr(text, '\0', (size_t)(stop - text)) == NULL;
    *stop = '\0';
    if (stop != text && stop[-1] == '\r') {
        stop[-1] = '\0';
    }
    return stop + 1;
}

uint32_t manifest_next_line(char **at, char *end, char *words[MANIFEST_LINE_WORDS],
                            const char **out_problem)
{
    char *line = *at;
    bool whole;

    *at = end_line(line, end, &whole);
    *out_problem = "a NUL";
    return whole ? cut_words(line, words, out_problem) : 0;
}

bool manifest_is_name(const char *word)
{
    size_t length = strlen(word);

    if (length == 0 || length > MANIFEST_MAX_NAME || strcmp(word, ".") == 0 ||
        strcmp(word, "..") == 0) {
        return false;
    }
    for (; *word != '\0'; word++) {
        char c = *word;

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-')) {
            return false;
        }
    }
    return true;
}
