/* The model for Java and Kotlin: the native methods of org.quaver.Quaver. */

#include "jni.h"
#include "quaver_model.h"

#define EXPORT __attribute__((visibility("default")))

static void refuse(JNIEnv *env, const char *why)
{
    const jobject kind = JNI(env, JNI_FIND_CLASS, jni_find_class)(env, "java/lang/IllegalArgumentException");
    if (kind)
        JNI(env, JNI_THROW_NEW, jni_throw_new)(env, kind, why);
}

/* The arena in a direct buffer, aligned; NULL if it is too small. */
static quaver_arena *arena_of(JNIEnv *env, jobject buffer)
{
    char *bytes = JNI(env, JNI_GET_DIRECT_BUFFER_ADDRESS, jni_address)(env, buffer);
    const long long room = JNI(env, JNI_GET_DIRECT_BUFFER_CAPACITY, jni_capacity)(env, buffer);
    const __UINTPTR_TYPE__ off = (64 - (__UINTPTR_TYPE__)bytes % 64) % 64;
    if (!bytes || room < (long long)(sizeof(quaver_arena) + 63))
        return 0;
    return (quaver_arena *)(void *)(bytes + off);
}

EXPORT jint Java_org_quaver_Quaver_arenaBytes(JNIEnv *env, jobject self)
{
    (void)env, (void)self;
    return (jint)sizeof(quaver_arena) + 63;
}

EXPORT jint Java_org_quaver_Quaver_sampleRate(JNIEnv *env, jobject self)
{
    (void)env, (void)self;
    return QUAVER_SAMPLE_RATE;
}

EXPORT jint Java_org_quaver_Quaver_labelCount(JNIEnv *env, jobject self)
{
    (void)env, (void)self;
    return QUAVER_OUTPUTS;
}

EXPORT jobject Java_org_quaver_Quaver_label(JNIEnv *env, jobject self, jint index)
{
    (void)self;
    if (index < 0 || index >= QUAVER_OUTPUTS) {
        refuse(env, "there is no label of that index");
        return 0;
    }
    return JNI(env, JNI_NEW_STRING_UTF, jni_new_string)(env, quaver_labels[index]);
}

/* Gives a quaver_status; the probabilities are set if it is QUAVER_OK. */
EXPORT jint Java_org_quaver_Quaver_classify(JNIEnv *env, jobject self, jobject buffer, jobject samples,
                                            jobject probabilities)
{
    float told[QUAVER_OUTPUTS];
    quaver_arena *arena = arena_of(env, buffer);
    const jni_length length = JNI(env, JNI_GET_ARRAY_LENGTH, jni_length);
    (void)self;
    if (!arena) {
        refuse(env, "the arena must be a direct buffer of arenaBytes() bytes");
        return -1;
    }
    if (length(env, probabilities) < QUAVER_OUTPUTS) {
        refuse(env, "the probabilities must be an array of labelCount() values");
        return -1;
    }
    float *heard = JNI(env, JNI_GET_FLOAT_ARRAY_ELEMENTS, jni_floats)(env, samples, 0);
    if (!heard)
        return -1; /* Java has thrown that memory is short */
    const quaver_status status = quaver_classify(arena, heard, length(env, samples), told);
    JNI(env, JNI_RELEASE_FLOAT_ARRAY_ELEMENTS, jni_release)(env, samples, heard, JNI_ABORT);
    if (status == QUAVER_OK)
        JNI(env, JNI_SET_FLOAT_ARRAY_REGION, jni_set)(env, probabilities, 0, QUAVER_OUTPUTS, told);
    return (jint)status;
}
