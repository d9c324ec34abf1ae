#if defined __unix__ || defined __APPLE__
#include <sys/stat.h>
#endif

static quaver_profile profile;
static int known = 0; /* whether a profile was asked for */

/* Read so many numbers of a list; gives whether they are there. */
static int numbers(const char *text, const char *name, double *values, int count)
{
    text = strstr(text, name);
    text = text ? strchr(text, '[') : NULL;
    for (int i = 0; text && i < count; i++) {
        char *end;
        values[i] = strtod(++text, &end);
        text = end != text && isfinite(values[i]) && *end == (i + 1 < count ? ',' : ']') ? end : NULL;
    }
    return text != NULL;
}

/* Take a profile from a file as `quaver profiles` has them, a new one where there is none. */
static int recall(const char *path)
{
    size_t length;
    unsigned char *bytes = read_all(path, &length);
    quaver_meet(&profile);
    if (!bytes)
        return 1;
    char *text = realloc(bytes, length + 1);
    if (!text) {
        free(bytes);
        return 0;
    }
    text[length] = 0;
    const char *clips = strstr(text, "\"clips\":");
    const int whole = clips && strstr(text, QUAVER_NETWORK) && numbers(text, "\"mean\":", profile.mean, QUAVER_VOICE) &&
                      numbers(text, "\"squares\":", profile.squares, QUAVER_VOICE);
    profile.clips = whole ? (int)strtol(clips + 8, NULL, 10) : 0;
    free(text);
    return profile.clips > 0;
}

static void list(FILE *file, const char *name, const double *values)
{
    fprintf(file, ", \"%s\": [", name);
    for (int i = 0; i < QUAVER_VOICE; i++)
        fprintf(file, i ? ", %.17g" : "%.17g", values[i]);
    fprintf(file, "]");
}

/* Write the profile under another name, for its owner's eyes, and put it in the place of the old one when it is whole. */
static int keep(const char *path)
{
    static char part[4096];
    if (strlen(path) + sizeof ".part" > sizeof part)
        return 0;
    sprintf(part, "%s.part", path);
#if defined __unix__ || defined __APPLE__
    umask(077);
#endif
    FILE *file = fopen(part, "wb");
    if (!file)
        return 0;
    fprintf(file, "{\"name\": \"speaker\", \"model\": \"%s\", \"clips\": %d", QUAVER_NETWORK, profile.clips);
    list(file, "mean", profile.mean);
    list(file, "squares", profile.squares);
    fprintf(file, "}");
    const int broken = ferror(file);
    if (fclose(file) != 0 || broken)
        return 0;
#ifdef _WIN32
    remove(path); /* where a name that is taken cannot be taken over */
#endif
    return rename(part, path) == 0;
}
