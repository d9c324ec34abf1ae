/* Stands in for Java when the library is checked without Android: main.c calls quaver_classify, which comes here under
 * another name and goes through the library's native methods. */

#include "jni.h"
#include "quaver_model.h"

typedef struct {
    float *values;
    int count;
} array;

jint Java_org_quaver_Quaver_arenaBytes(JNIEnv *env, jobject self);
jint Java_org_quaver_Quaver_classify(JNIEnv *env, jobject self, jobject buffer, jobject samples, jobject probabilities);
quaver_status through_jni(quaver_arena *arena, const float *samples, int count,
                          float probabilities[QUAVER_OUTPUTS]);

static char room[sizeof(quaver_arena) + 63];

static jint length(JNIEnv *env, jobject of)
{
    (void)env;
    return ((array *)of)->count;
}

static float *floats(JNIEnv *env, jobject of, jboolean *copied)
{
    (void)env, (void)copied;
    return ((array *)of)->values;
}

static void release(JNIEnv *env, jobject of, float *values, jint mode)
{
    (void)env, (void)of, (void)values, (void)mode;
}

static void set(JNIEnv *env, jobject of, jint first, jint count, const float *values)
{
    (void)env;
    for (int i = 0; i < count; i++)
        ((array *)of)->values[first + i] = values[i];
}

static void *address(JNIEnv *env, jobject buffer)
{
    (void)env;
    return buffer;
}

static long long capacity(JNIEnv *env, jobject buffer)
{
    return buffer == room ? Java_org_quaver_Quaver_arenaBytes(env, 0) : 0;
}

static const jni_function table[JNI_TABLE] = {
    [JNI_GET_ARRAY_LENGTH] = (jni_function)length,
    [JNI_GET_FLOAT_ARRAY_ELEMENTS] = (jni_function)floats,
    [JNI_RELEASE_FLOAT_ARRAY_ELEMENTS] = (jni_function)release,
    [JNI_SET_FLOAT_ARRAY_REGION] = (jni_function)set,
    [JNI_GET_DIRECT_BUFFER_ADDRESS] = (jni_function)address,
    [JNI_GET_DIRECT_BUFFER_CAPACITY] = (jni_function)capacity,
};

quaver_status through_jni(quaver_arena *arena, const float *samples, int count,
                          float probabilities[QUAVER_OUTPUTS])
{
    JNIEnv env = table;
    array heard = {(float *)(__UINTPTR_TYPE__)samples, count}, told = {probabilities, QUAVER_OUTPUTS};
    (void)arena;
    return (quaver_status)Java_org_quaver_Quaver_classify(&env, 0, room, &heard, &told);
}
