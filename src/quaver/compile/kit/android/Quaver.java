package org.quaver;

import java.nio.ByteBuffer;

/**
 * Tells the expressed emotion of a voice, on the device. Put libquaver.so into jniLibs/arm64-v8a/. The emotion is what
 * an actor would portray with such a voice, not what somebody feels. One object serves one thread.
 */
public final class Quaver {
    private static final String[] REASONS = {
        null, "the sound is too short", "the sound is too long", "the sound holds values that are not finite", "silence"
    };

    static {
        System.loadLibrary("quaver");
    }

    private final ByteBuffer arena = ByteBuffer.allocateDirect(arenaBytes());
    private final float[] probabilities = new float[labelCount()];

    /** The rate in Hz that {@link #hear} expects. */
    public static native int sampleRate();

    /** How many emotions there are. */
    public static native int labelCount();

    /** The name of an emotion, in the order of the probabilities. */
    public static native String label(int index);

    /**
     * Gives the probability of every emotion.
     *
     * @param samples one channel at sampleRate(), within [-1, 1]
     * @throws IllegalArgumentException the sound is silent, too short, or not finite
     */
    public float[] hear(float[] samples) {
        int status = classify(arena, samples, probabilities);
        if (status != 0) {
            throw new IllegalArgumentException(REASONS[status]);
        }
        return probabilities.clone();
    }

    private static native int arenaBytes();

    private static native int classify(ByteBuffer arena, float[] samples, float[] probabilities);
}
