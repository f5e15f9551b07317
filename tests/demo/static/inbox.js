'use strict';

const letters = document.querySelector('#letters');
const news = document.querySelector('#news');

function settle(article) {
  const time = article.querySelector('time');
  if (time) {
    time.textContent = new Date(time.dateTime).toLocaleTimeString();
  }
  const frame = article.querySelector('iframe');
  const fit = () => {
    const body = frame.contentDocument && frame.contentDocument.documentElement;
    if (body && body.scrollHeight) {
      frame.style.height = '0';
      frame.style.height = `${body.scrollHeight}px`;
    }
  };
  frame.addEventListener('load', fit);
  window.addEventListener('resize', fit);
  fit();
}

async function look() {
  try {
    const answer = await fetch(`letters?after=${letters.children.length}`);
    const html = answer.ok ? await answer.text() : '';
    if (html.trim()) {
      const known = letters.children.length;
      letters.insertAdjacentHTML('afterbegin', html);
      const added = [...letters.children].slice(0, letters.children.length - known);
      added.forEach(settle);
      news.textContent = added.length === 1 ? 'A new letter has arrived.' : `${added.length} new letters have arrived.`;
    }
    setTimeout(look, 1000);
  } catch {
    news.textContent = 'The demo has ended.';
  }
}

[...letters.children].forEach(settle);
look();
