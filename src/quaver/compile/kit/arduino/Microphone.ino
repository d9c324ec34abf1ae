/* Hears SECONDS of the microphone, tells the expressed emotion on the serial port, and begins again.
 *
 * Nano 33 BLE Sense and other boards with Arduino's PDM library, or SparkFun Edge with SparkFun's. The emotion is what
 * an actor would portray with such a voice, not what somebody feels. Sound stays on the board.
 */

#include <PDM.h>
#include <quaver_model.h>

#ifndef SECONDS
#define SECONDS 1.2f /* as long as fits the RAM: a sample takes two or four bytes; the longer, the surer */
#endif
#define MICROPHONE_RATE 16000
#define COUNT ((int)(SECONDS * QUAVER_SAMPLE_RATE))

static quaver_arena arena;
static quaver_sample samples[COUNT];
static volatile int filled = 0; /* of samples */

/* Take one sample of the microphone: the model's samples up to it lie on the line from the one before. */
static void take(int16_t heard) {
  static float before = 0.0f, at = 0.0f; /* `at`: of the next sample, in the microphone's samples after `before` */
  const float value = heard / 32768.0f;
  for (; at < 1.0f; at += (float)MICROPHONE_RATE / QUAVER_SAMPLE_RATE) {
    if (filled < COUNT) {
      samples[filled] = (quaver_sample)(QUAVER_FULL_SCALE * (before + at * (value - before)));
      filled = filled + 1;
    }
  }
  at -= 1.0f;
  before = value;
}

#if defined(ARDUINO_APOLLO3_SFE_EDGE) || defined(ARDUINO_SFE_EDGE)

static AP3_PDM microphone;

static bool begin() {
  return microphone.begin();
}

static void listen() {
  static uint16_t part[512];
  if (!microphone.available())
    return;
  const uint32_t bytes = microphone.getData(part, sizeof part / sizeof part[0]);
  for (uint32_t i = 0; i < bytes / 2; i++)
    take((int16_t)part[i]);
}

#else

static void arrived() {
  static int16_t part[256];
  const int bytes = PDM.read(part, PDM.available() < (int)sizeof part ? PDM.available() : (int)sizeof part);
  for (int i = 0; i < bytes / 2; i++)
    take(part[i]);
}

static bool begin() {
  PDM.onReceive(arrived);
  return PDM.begin(1, MICROPHONE_RATE);
}

static void listen() {} /* an interrupt does it */

#endif

void setup() {
  Serial.begin(115200);
  if (!begin())
    Serial.println("the microphone does not start");
}

void loop() {
  listen();
  if (filled < COUNT)
    return;
  float probabilities[QUAVER_OUTPUTS];
  int best = 0;
  switch (quaver_classify(&arena, samples, COUNT, probabilities)) {
  case QUAVER_OK:
    for (int i = 1; i < QUAVER_OUTPUTS; i++)
      best = probabilities[i] > probabilities[best] ? i : best;
    Serial.print(quaver_labels[best]);
    Serial.print(' ');
    Serial.println(probabilities[best], 2);
    break;
  case QUAVER_SILENT:
    Serial.println("silence");
    break;
  default:
    Serial.println("the sound cannot be used");
  }
  filled = 0;
}
