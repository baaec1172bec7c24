// A photo from the camera, small enough to send.

const SIDES_PX = [1600, 1280, 1024, 800, 640];
const QUALITIES = [0.85, 0.7, 0.55];

/** Draws the picture into the canvas, no side longer than `side_px`. */
export function draw(canvas, picture, side_px) {
  const scale = Math.min(1, side_px / Math.max(picture.width, picture.height));
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
}

/** A canvas as the bytes of an image. */
export async function encode(canvas, media, quality) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, media, quality));
  if (!blob) throw new Error('no image');
  return blob.arrayBuffer();
}

/** A picture of the camera as a JPEG of at most so many bytes. */
export async function shrink(file, bytes_max) {
  // Turned as the camera was held; nothing else of what the camera notes is sent on.
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const canvas = document.createElement('canvas');
  try {
    for (const side of SIDES_PX) {
      draw(canvas, picture, side);
      for (const quality of QUALITIES) {
        const bytes = await encode(canvas, 'image/jpeg', quality);
        if (bytes.byteLength <= bytes_max) return bytes;
      }
    }
  } finally {
    picture.close();
  }
  throw new Error('too large');
}
