'use strict';
// Runs on a page: what a driver with gloves, in the sun or with a screen reader would stumble over.

/** A line for each thing that is wrong with the page as it is shown now. */
function audit() {
  const TOUCH_PX = 56;
  const CONTRAST = 7;
  const wrong = [];
  const isShown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && !element.closest('.unseen') && element.getBoundingClientRect().width > 0;
  const name = (element) => {
    const label = element.getAttribute('aria-label') ?? (element.labels?.[0]?.textContent || element.textContent);
    return label.trim();
  };
  const describe = (element) => `${element.tagName.toLowerCase()}.${element.className} "${name(element).slice(0, 30)}"`;

  // Touch: everything that can be touched is large, and is called something.
  for (const element of document.querySelectorAll('a[href], button, input, textarea, [role="switch"]')) {
    // An input that is drawn as its label is touched there.
    const isHidden = !isShown(element) || getComputedStyle(element).opacity === '0' || element.matches('.unseen');
    const touched = isHidden && element.labels?.length > 0 ? element.labels[0] : element;
    if (!isShown(touched)) continue;
    const box = touched.getBoundingClientRect();
    if (Math.min(box.width, box.height) < TOUCH_PX - 0.5) wrong.push(`small: ${describe(touched)} ${box.width}x${box.height}`);
    if (name(element) === '') wrong.push(`nameless: ${describe(element)}`);
    if (box.left < -0.5 || box.right > innerWidth + 0.5) wrong.push(`beyond the edge: ${describe(touched)} ${box.left} to ${box.right}`);
  }

  // Contrast of every text with what is behind it.
  const parse = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const light = (color) => {
    const [r, g, b] = color.map((part) => {
      const share = part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = parse(getComputedStyle(at).backgroundColor);
      if (alpha > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (texts.currentNode.textContent.trim() === '' || !isShown(element) || element.closest('dialog:not([open])')) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(style.color).slice(0, 3)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < CONTRAST) wrong.push(`faint: "${texts.currentNode.textContent.trim().slice(0, 30)}" ${ratio.toFixed(1)}:1`);
    if (parseFloat(style.fontSize) < 14) wrong.push(`tiny: "${texts.currentNode.textContent.trim().slice(0, 30)}" ${style.fontSize}`);
  }

  // Structure that a screen reader goes by.
  const headings = [...document.querySelectorAll('h1')];
  if (headings.length !== 1) wrong.push(`${headings.length} headings of the page`);
  if (!document.documentElement.lang) wrong.push('no language');
  if (!document.title) wrong.push('no title');
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) wrong.push(`id twice: ${id}`);
  for (const element of document.querySelectorAll('[aria-describedby], [aria-labelledby], label[for]')) {
    const named = element.getAttribute('aria-describedby') ?? element.getAttribute('aria-labelledby') ?? element.htmlFor;
    for (const id of named.split(' ')) if (!document.getElementById(id)) wrong.push(`names nothing: ${id}`);
  }
  for (const image of document.querySelectorAll('img:not([alt]), [role="img"]:not([aria-label])')) wrong.push(`image without words: ${image.outerHTML}`);
  for (const svg of document.querySelectorAll('svg:not([aria-hidden="true"])')) wrong.push(`sign that is read out: ${svg.outerHTML.slice(0, 60)}`);
  for (const list of document.querySelectorAll('ul, ol')) {
    if ([...list.children].some((child) => child.tagName !== 'LI')) wrong.push('a list with something else in it');
  }
  if (document.documentElement.scrollWidth > innerWidth) wrong.push(`the page is wider than the screen: ${document.documentElement.scrollWidth}`);
  return wrong;
}

module.exports = { audit };
